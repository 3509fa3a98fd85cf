import LinuxSystem

/// PostgreSQL's server programs as Debian installs them.
public struct PostgresInstallation: Hashable, Sendable {
    public let version: Int
    /// The folder with initdb, postgres and pg_ctl.
    public let binaries: String

    /// The newest installed server.
    /// - Throws: when there is none.
    public static func newest(in root: String = "/usr/lib/postgresql") throws(SystemError) -> PostgresInstallation {
        let names = SystemFile.exists(root) ? try SystemFile.entries(of: root) : []
        let versions = names.compactMap { Int($0) }.filter { SystemFile.exists("\(root)/\($0)/bin/postgres") }
        guard let newest = versions.max() else {
            throw SystemError(
                "find PostgreSQL's server programs", on: root, .noSuchFileOrDirectory,
                advice: "apt-get install postgresql")
        }
        return PostgresInstallation(version: newest, binaries: "\(root)/\(newest)/bin")
    }
}
