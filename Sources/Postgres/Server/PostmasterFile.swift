import LinuxSystem

/// What `postmaster.pid` of a data directory says (PostgreSQL, miscadmin.h: LOCK_FILE_LINE_*).
struct PostmasterFile: Hashable, Sendable {
    let pid: Int32
    let dataDirectory: String
    let port: Int
    let socketDirectory: String
    /// First of listen_addresses; empty when it listens on no TCP address.
    let listenAddress: String
    /// `ready`, `starting`, `stopping` or `standby`; since version 10.
    let status: String

    /// - Throws: when the file is missing or is not one of a postmaster's.
    init(dataDirectory: String) throws(SystemError) {
        let path = "\(dataDirectory)/postmaster.pid"
        let text = String(decoding: try SystemFile.read(path), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        // A single-user backend writes a negative pid, a container's first process 1.
        guard lines.count >= 5, let pid = Int32(lines[0]), pid > 0, let port = Int(lines[3]) else {
            throw SystemError("read the postmaster's pid", on: path, .invalidArgument)
        }
        self.pid = pid
        self.dataDirectory = lines[1]
        self.port = port
        self.socketDirectory = lines[4]
        self.listenAddress = lines.count > 5 ? lines[5] : ""
        self.status = lines.count > 7 ? String(lines[7].prefix { $0 != " " }) : ""
    }
}
