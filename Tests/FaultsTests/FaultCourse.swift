import Engine
import Faults
import Journal
import LinuxSystem
import Postgres
import Scenarios
import Synchronization
import Testing

/// One fault on a PostgreSQL server from its plan to its end, as the engine injects it.
struct FaultCourse {
    let fault: any Fault
    private let injection: Injection
    private let folder: String
    /// Nil where no PostgreSQL has to do with it.
    private let connection: String?
    private let faults = FaultEvents()

    /// What the injection says of itself.
    private final class FaultEvents: Sendable {
        let messages = Mutex<[String]>([])
    }

    /// On a server of which only a connection is known.
    init(
        _ name: String, _ parameters: [String: String] = [:], on connection: String, isScratch: Bool = false
    ) throws {
        var target = ResolvedTarget(id: "db")
        target.database = DatabaseAccess(connection: connection, isScratch: isScratch)
        try self.init(name, parameters, on: target, connection)
    }

    /// - Parameters:
    ///   - parameters: as a scenario has them; defaults are filled in.
    ///   - connection: for what the test itself asks; nil where there is no server.
    init(
        _ name: String, _ parameters: [String: String], on target: ResolvedTarget, _ connection: String? = nil
    ) throws {
        let schema = try #require(FaultRegistry.schemas.first { $0.name == name })
        var values = Parameters()
        for parameter in schema.parameters {
            guard let text = parameters[parameter.name] ?? parameter.defaultValue else { continue }
            guard let value = parameter.parse(text) else { throw FaultError("\(parameter.name) is not \(text)") }
            values[parameter.name] = value
        }
        let specification = FaultSpecification(
            id: "f", name: name, target: "db", trigger: .at(.zero), duration: .seconds(60), parameters: values)
        fault = try FaultRegistry.make(specification, on: target)
        folder = "/tmp/brink-course-\(UInt32.random(in: 0 ... .max))"
        try SystemFile.makeNewFolder(folder, mode: 0o700)
        let journal = try JournalWriter.create(
            path: "\(folder)/run.journal", run: "course", harness: try ProcessTable().ownIdentity())
        injection = Injection(id: "f", fault: fault, journal: journal, claims: Claims()) { [faults] kind in
            if case .message(let message) = kind { faults.messages.withLock { $0.append(message.text) } }
        }
        self.connection = connection
    }

    /// What shows that it took effect, in words.
    var evidence: String {
        get async {
            guard case .seen(let text)? = try? await injection.verify() else { return "not seen" }
            return text
        }
    }

    /// Injects, waits until it is seen, runs the body, takes it back and looks for what may be left.
    func run(within patience: Duration = .seconds(20), _ body: () async throws -> Void) async throws {
        defer { #expect(throws: Never.self) { try SystemFile.removeTree(folder) } }
        _ = try await injection.inject(due: MonotonicClock.now())
        do {
            let end = MonotonicClock.now() + patience
            var verification = Verification.notYet("not looked at")
            while MonotonicClock.now() < end {
                verification = try await injection.verify()
                if case .seen = verification { break }
                try await Task.sleep(for: .milliseconds(20))
            }
            guard case .seen = verification else {
                let messages = faults.messages.withLock { $0 }
                throw FaultError("\(verification) \(messages)")
            }
            try await body()
        } catch {
            await undo()
            throw error
        }
        await undo()
        guard let connection else { return }
        let session = try await patientSession(connection)
        defer { session.close() }
        let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE"
        let held = try await session.query("\(count) 'brink-f'")
        #expect(held[0, 0] == "0", "sessions are left")
        // Those that looked on held nothing, so their end is not waited for.
        let end = MonotonicClock.now() + .seconds(2)
        while try await session.query("\(count) 'brink-f-%'")[0, 0] != "0", MonotonicClock.now() < end {
            try await Task.sleep(for: .milliseconds(5))
        }
        let lookers = try await session.query("\(count) 'brink-f-%'")
        #expect(lookers[0, 0] == "0", "sessions that looked on are left")
    }

    /// A server that was hit may still recover.
    private func patientSession(_ connection: String) async throws -> PostgresSession {
        let end = MonotonicClock.now() + .seconds(20)
        while true {
            do throws(PostgresError) {
                return try await PostgresSession.connect(connection)
            } catch {
                guard MonotonicClock.now() < end else { throw error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// What the server says to statements in a session of their own; nil when they succeed.
    func sqlState(of script: String) async throws -> String? {
        let connection = try #require(connection)
        do throws(PostgresError) {
            let session = try await PostgresSession.connect(
                connection, options: PostgresSessionOptions(connectTimeout: .seconds(1)))
            defer { session.close() }
            try await session.execute(script)
            return nil
        } catch {
            return error.sqlState ?? error.kind.name
        }
    }

    /// - Parameter state: an SQLSTATE, or a kind of error of the connection; nil when the statements are to succeed.
    func expect(
        _ script: String, toFailWith state: String?, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let found = try await sqlState(of: script)
        #expect(found == state, "\(script)", sourceLocation: sourceLocation)
    }

    private func undo() async {
        for outcome in await injection.undo() { #expect(!outcome.isResidue, "\(outcome)") }
    }
}
