import Engine
import Journal
import LinuxSystem
import Postgres

/// Databases of a pooler that a command holds until RESUME.
struct PoolerHold: Sendable {
    let pooler: PoolerAccess
    /// `PAUSE` or `KILL`.
    let command: String
    let patience: Duration

    /// - Throws: `FaultError` when the pooler has no databases, or one is held already.
    func plan() async throws -> [Change] {
        let databases = try await pooler.databases()
        guard !databases.isEmpty else { throw FaultError("\(command): the pooler has no databases") }
        if let held = databases.first(where: \.isPaused) {
            throw FaultError("\(command): \(held.name) is paused already: not touched")
        }
        return databases.map { database in
            Change(
                subject: "\(database.name) in the pooler \(pooler.process)", prior: "open", value: command,
                undo: .inProcess { [self] in await resume(database.name) }
            ) { [self] in
                try await pooler.tell("\(command) \(database.name)", within: patience)
            }
        }
    }

    private func resume(_ name: String) async -> UndoOutcome {
        do {
            guard try await pooler.databases().contains(where: { $0.name == name && $0.isPaused }) else {
                return .alreadyRestored
            }
            try await pooler.tell("RESUME \(name)")
            let isPaused = try await pooler.databases().contains { $0.name == name && $0.isPaused }
            return isPaused ? .failed("\(name) is still paused") : .restored
        } catch {
            guard await pooler.hasEnded() else { return .failed("\(error)") }
            return .targetGone("the pooler has ended, and its pause with it")
        }
    }

    func observe() async throws -> Observation {
        guard let databases = try? await pooler.databases(),
            var figures = try? await pooler.pools(["cl_active", "cl_waiting", "sv_active", "sv_idle"])
        else { return [:] }
        figures["databases"] = Double(databases.count)
        figures["paused"] = Double(databases.count { $0.isPaused })
        return figures
    }

    func verify(_ now: Observation) -> Verification {
        guard let databases = now["databases"], databases > 0, now["paused"] == databases else {
            return .notYet("not all databases are paused")
        }
        guard now["sv_active"] ?? 0 == 0 else { return .notYet("server connections are still in use") }
        return .seen("SHOW DATABASES: all \(Int(databases)) paused; \(Int(now["cl_waiting"] ?? 0)) clients wait")
    }
}
