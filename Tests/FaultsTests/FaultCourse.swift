import Engine
import Faults
import LinuxSystem
import Postgres
import Scenarios
import Testing

/// One fault on a PostgreSQL server from its plan to its end, as the engine does it, without the engine.
struct FaultCourse {
    let fault: any Fault
    private let connection: String

    /// - Parameter parameters: as a scenario has them; defaults are filled in.
    init(
        _ name: String, _ parameters: [String: String] = [:], on connection: String, isScratch: Bool = false
    ) throws {
        let schema = try #require(FaultRegistry.schemas.first { $0.name == name })
        var values = Parameters()
        for parameter in schema.parameters {
            guard let text = parameters[parameter.name] ?? parameter.defaultValue else { continue }
            guard let value = parameter.parse(text) else { throw FaultError("\(parameter.name) is not \(text)") }
            values[parameter.name] = value
        }
        var target = ResolvedTarget(id: "db")
        target.database = DatabaseAccess(connection: connection, isScratch: isScratch)
        let specification = FaultSpecification(
            id: "f", name: name, target: "db", trigger: .at(.zero), duration: .seconds(60), parameters: values)
        fault = try FaultRegistry.make(specification, on: target)
        self.connection = connection
    }

    /// Injects, waits until it is seen, runs the body, takes it back and looks for what may be left.
    func run(_ body: () async throws -> Void) async throws {
        let changes = try await fault.plan()
        let before = try await fault.observe()
        if case .seen(let evidence) = fault.verify(before: before, now: try await fault.observe()) {
            Issue.record("seen before it was injected: \(evidence)")
        }
        do {
            for change in changes { try await change.apply() }
            let end = MonotonicClock.now() + .seconds(20)
            var verification = Verification.notYet("not looked at")
            while MonotonicClock.now() < end {
                verification = fault.verify(before: before, now: try await fault.observe())
                if case .seen = verification { break }
                try await Task.sleep(for: .milliseconds(20))
            }
            guard case .seen = verification else {
                Issue.record("\(verification)")
                throw FaultError("\(verification)")
            }
            try await body()
        } catch {
            await undo(changes)
            throw error
        }
        await undo(changes)
        let session = try await PostgresSession.connect(connection)
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

    /// What the server says to statements in a session of their own; nil when they succeed.
    func sqlState(of script: String) async throws -> String? {
        do throws(PostgresError) {
            let session = try await PostgresSession.connect(connection)
            defer { session.close() }
            try await session.execute(script)
            return nil
        } catch {
            return error.sqlState ?? error.kind.name
        }
    }

    /// - Parameter state: nil when the statements are to succeed.
    func expect(
        _ script: String, toFailWith state: String?, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let found = try await sqlState(of: script)
        #expect(found == state, "\(script)", sourceLocation: sourceLocation)
    }

    private func undo(_ changes: [Change]) async {
        for change in changes.reversed() {
            guard case .inProcess(let undo) = change.undo else { continue }
            let outcome = await undo()
            #expect(!outcome.isResidue, "\(outcome)")
        }
    }
}
