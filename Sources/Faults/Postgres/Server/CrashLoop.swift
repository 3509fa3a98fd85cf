import Engine
import LinuxSystem
import Postgres
import SeededRandom
import Synchronization

/// Kills a server's processes, waits until the server is back, and so on.
actor CrashLoop {
    struct Course: Sendable {
        let kills: Int
        let interval: Duration
        let roles: [PostgresRole]
        /// Chance, 0…1, of one more kill while the server recovers.
        let recoveryShare: Double
        let seed: UInt64
    }

    private let server: PostgresServer
    private let access: DatabaseAccess
    private let table: ProcessTable
    private let course: Course
    private var generator: SeededGenerator
    private var task: Task<Void, Never>?
    /// The latest that was seen.
    private var postmaster: ProcessIdentity?
    private var counts: Observation = ["kills": 0, "recovery": 0, "troubles": 0]
    /// What went wrong last.
    private nonisolated let trouble = Mutex<String?>(nil)

    /// Longest wait for a server that recovers; crash recovery takes as long as there is WAL since the last checkpoint.
    private static let patience = Duration.seconds(60)

    init(server: PostgresServer, access: DatabaseAccess, table: ProcessTable, course: Course) {
        self.server = server
        self.access = access
        self.table = table
        self.course = course
        generator = SeededGenerator(seed: course.seed)
    }

    /// `kills` in all, those `recovery` that came while the server recovered, and the number of each role by its name.
    var tally: Observation { counts }

    nonisolated var latestTrouble: String { trouble.withLock { $0 } ?? "" }

    func begin() {
        task = Task { await run() }
    }

    /// Ends the loop; a round that is under way comes to its end first, so that the server is not left half started.
    func end() async {
        task?.cancel()
        await task?.value
        task = nil
    }

    private var isDone: Bool { Task.isCancelled || Int(counts["kills"] ?? 0) >= course.kills }

    private func run() async {
        while !isDone {
            let rest = Double.random(in: 0...1, using: &generator)
            do { try await Task.sleep(for: course.interval * rest) } catch { return }
            do {
                try await round()
            } catch {
                counts["troubles", default: 0] += 1
                trouble.withLock { $0 = "\(error)" }
                // Whatever it was, the next round needs a server.
                try? await bringBack()
            }
        }
    }

    /// One kill, perhaps a second one during recovery, until the server accepts connections again.
    private func round() async throws {
        let roles = course.roles.shuffled(using: &generator)
        guard
            let victim = try roles.lazy.compactMap({ try self.processes(in: $0)?.randomElement(using: &self.generator) }
            )
            .first
        else { throw FaultError("no process of these roles runs in \(server.dataDirectory)") }
        _ = try isDown()
        let generation = try server.processes(in: .checkpointer)
        try await kill(victim.process, victim.role)
        if !isDone, Double.random(in: 0..<1, using: &generator) < course.recoveryShare { try await killInRecovery() }
        try await bringBack(after: generation)
    }

    private func processes(in role: PostgresRole) throws -> [(process: ProcessIdentity, role: PostgresRole)]? {
        let found = try server.processes(in: role)
        return found.isEmpty ? nil : found.map { ($0, role) }
    }

    private func kill(_ process: ProcessIdentity, _ role: PostgresRole) async throws {
        try await Blocking.run { [table] in
            let handle = try ProcessHandle(opening: process, in: table)
            try handle.send(.kill)
            guard handle.hasEnded(within: 5000) else {
                throw FaultError("the \(role.rawValue) \(process) still runs 5 s after SIGKILL")
            }
        }
        counts["kills", default: 0] += 1
        counts[role.rawValue, default: 0] += 1
    }

    /// Waits for the recovery that the kill before has brought about, and kills into it. Recovery may be over before it
    /// is seen; then there is no second kill.
    private func killInRecovery() async throws {
        if try isDown() { _ = try await Blocking.run { [server] in try server.start() } }
        let end = MonotonicClock.now() + .seconds(5)
        while MonotonicClock.now() < end {
            if let startup = try? server.processes(in: .startup).first {
                let hitsPostmaster = Bool.random(using: &generator)
                if hitsPostmaster {
                    try await kill(try server.postmaster(), .postmaster)
                } else {
                    try await kill(startup, .startup)
                }
                counts["recovery", default: 0] += 1
                return
            }
            if server.isReady(), await answers() { return }
            try await pause(milliseconds: 2)
        }
    }

    /// Whether no postmaster runs. One that Brink has started and that is gone is reaped.
    private func isDown() throws -> Bool {
        do throws(SystemError) {
            postmaster = try server.postmaster()
            return false
        } catch {
            guard error.errno == .noSuchProcess else { throw error }
            if let postmaster { ProcessHandle.reapChild(postmaster.pid) }
            postmaster = nil
            return true
        }
    }

    /// Starts the server if its postmaster has gone, and waits until it accepts connections.
    /// - Parameter generation: its processes before the kill; a postmaster that has not noticed yet still accepts.
    private func bringBack(after generation: [ProcessIdentity] = []) async throws {
        let end = MonotonicClock.now() + CrashLoop.patience
        while MonotonicClock.now() < end {
            if try isDown() { _ = try await Blocking.run { [server] in try server.start() } }
            let checkpointers = (try? server.processes(in: .checkpointer)) ?? []
            if !checkpointers.isEmpty, checkpointers.allSatisfy({ !generation.contains($0) }), await answers() {
                return
            }
            try await pause(milliseconds: 10)
        }
        throw FaultError("\(server.dataDirectory) does not accept connections 60 s after a kill")
    }

    /// In a task of its own: a round that is cancelled must still see the server come back.
    private func answers() async -> Bool {
        await Task { [connection = access.connection] in
            let options = PostgresSessionOptions(
                connectTimeout: .milliseconds(500), statementTimeout: .milliseconds(500), applicationName: "brink-loop")
            do throws(PostgresError) {
                try await PostgresSession.connect(connection, options: options).close()
                return true
            } catch {
                // All slots in use: clients are back already.
                return error.sqlState == "53300"
            }
        }.value
    }

    /// Not cancellable: a round comes to its end.
    private func pause(milliseconds: Int32) async throws {
        await Blocking.run { MonotonicClock.pause(milliseconds: milliseconds) }
    }
}
