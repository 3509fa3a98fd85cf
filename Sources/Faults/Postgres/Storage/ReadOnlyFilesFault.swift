import Engine
import Journal
import LinuxSystem
import Postgres
import Scenarios

/// A data directory that nothing can be written to, while all of it can be read.
///
/// A file system cannot be made read-only while files are open for writing (mount(2): EBUSY), a read-only mapped device
/// only makes the kernel warn, and one that fails its writes (disk.flaky) damages the file system above. So every file
/// and folder gets ext4's immutable flag, which holds for open files as well (ioctl_iflags(2)). PostgreSQL reports EPERM
/// and EROFS alike, as SQLSTATE 42501 (utils/error/elog.c: errcode_for_file_access).
public struct ReadOnlyFilesFault: FaultKind {
    public static let schema = FaultSchema(
        name: "postgres.read_only_files",
        summary: "Makes every write below the data directory fail, of open files too, as on a file system that has "
            + "become read-only. PostgreSQL opens tables for writing even to read them, so new sessions fail as well; "
            + "the first write of WAL makes it panic, and it stays down.",
        targets: [.volume],
        parameters: [],
        requirements: ["a PostgreSQL that the scenario starts with `volume`", "CAP_LINUX_IMMUTABLE"],
        verifiedBy: "opening a file of the cluster for writing fails, and so does CREATE TEMP TABLE (SQLSTATE 42501), "
            + "if the server still answers; neither did before",
        undoneBy: "taking the flag from each file that got it, and starting the server if it went down")

    private let volume: MappedVolume
    private let server: PostgresServer
    private let access: DatabaseAccess
    private let files = FrozenFiles()

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        volume = try target.requireVolume(for: specification.name)
        server = try target.requirePostgres(for: specification.name)
        access = try target.requireDatabase(for: specification.name)
        guard server.dataDirectory.hasPrefix("\(volume.mountPoint)/") else {
            throw FaultError(
                "refused: \(specification.name): \(server.dataDirectory) is not on the volume \(volume.mountPoint)")
        }
    }

    public func plan() async throws -> [Change] {
        [
            Change(
                subject: "files in \(server.dataDirectory)", prior: "writable", value: "immutable",
                undo: .inProcess { [files, server] in
                    await Blocking.run { () -> UndoOutcome in
                        do throws(SystemError) {
                            let count = try files.thaw()
                            let outcome = try server.start()
                            return count > 0 && outcome == .alreadyRestored ? .restored : outcome
                        } catch {
                            return .failed(error.description)
                        }
                    }
                }
            ) { [files, server] in
                try await Blocking.run { try files.freeze(server.dataDirectory) }
            }
        ]
    }

    /// How PostgreSQL answers.
    private enum Answer: Double {
        case makesFiles = 0
        /// SQLSTATE 42501.
        case refuses = 1
        case silent = 2
    }

    public func observe() async throws -> Observation {
        let refusal = try await Blocking.run { [server] in
            try FrozenFiles.refusal(of: "\(server.dataDirectory)/PG_VERSION")
        }
        return ["errno": Double(refusal), "server": try await answer().rawValue]
    }

    /// Nothing of a temporary table is in the WAL before it has its file, so that asking does no harm.
    private func answer() async throws -> Answer {
        do {
            let session = try await access.open("brink-read-only")
            defer { session.close() }
            try await session.execute("BEGIN; CREATE TEMP TABLE brink_probe (); ROLLBACK")
            return .makesFiles
        } catch let error as PostgresError {
            // A connection can need a file too.
            return error.sqlState == "42501" ? .refuses : .silent
        } catch let error as SystemError {
            // Once the postmaster has gone nobody can tell whose process answered.
            guard error.errno == .noSuchProcess || error.errno == .noSuchFileOrDirectory else { throw error }
            return .silent
        }
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard before["errno"] == 0, before["server"] == Answer.makesFiles.rawValue else {
            return .notYet("writes were refused before the fault already")
        }
        guard let number = now["errno"], number > 0 else { return .notYet("files can still be opened for writing") }
        let opening = "opening a file for writing fails with errno \(Int(number))"
        return switch now["server"].flatMap(Answer.init) {
        case .refuses: .seen("\(opening), CREATE TEMP TABLE with SQLSTATE 42501")
        case .silent: .seen("\(opening); the server no longer answers")
        case .makesFiles, nil: .notYet("\(opening), but PostgreSQL can still make a file")
        }
    }
}
