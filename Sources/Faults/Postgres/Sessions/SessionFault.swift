import Engine
import Postgres
import Scenarios

/// A fault that consists of what sessions of Brink's own do on the target's server.
///
/// To add one: a file with a type of this protocol that says which sessions there are and how they are looked at; making
/// and taking back is done here.
protocol SessionFault: FaultKind {
    var holder: SessionHolder { get }

    /// The sessions, as the server is now.
    /// - Throws: `FaultError` when the server or the role lacks what it needs.
    func setUp() async throws -> SessionPlan

    /// What the server shows of it; asked before the sessions are there as well.
    func look() async throws -> Observation
}

/// What a fault's sessions will do.
struct SessionPlan: Sendable {
    /// What is held, such as a table: no two faults hold the same.
    var subject: String
    /// In words, for a plan.
    var value: String
    var sessions: [HeldSession]
    /// Takes back what outlives its session, once all are closed; tried again for a while when it throws.
    var cleanUp: (@Sendable (PostgresSession) async throws -> Void)?
}

extension SessionFault {
    public func plan() async throws -> [Change] {
        let plan = try await setUp()
        return [
            Change(
                subject: "\(plan.subject) in \(holder.access.place)", prior: "not held by Brink", value: plan.value,
                undo: .inProcess { [holder] in await holder.end() }
            ) { [holder] in
                try await holder.begin(plan.sessions, cleanUp: plan.cleanUp)
            }
        ]
    }

    public func observe() async throws -> Observation { try await look() }
}

extension FaultSchema {
    /// How every fault of sessions is taken back.
    static let closingSessions =
        "closing its sessions and waiting until the server shows none; they end with the harness, whatever ends it"
}
