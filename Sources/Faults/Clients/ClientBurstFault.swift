import Engine
import Journal
import LinuxSystem
import Scenarios

/// Many clients that ask in the same moment, once or again and again: a herd.
public struct ClientBurstFault: FaultKind {
    public static let schema = FaultSchema(
        name: "clients.burst",
        summary: "Sends many HTTP/1.1 requests at once, each on a connection of its own.",
        targets: [.cgroup, .process, .link],
        parameters: [
            ParameterSchema("count", .integer(1...10_000), default: "1000", "How many requests at once."),
            ParameterSchema("every", .duration, "From one burst to the next; without it there is one."),
            ParameterSchema("patience", .duration, default: "10s", "How long each client waits for its answer."),
        ] + ClientRequest.parameters,
        requirements: ["a target in Brink's own network namespace"],
        verifiedBy: "all of a burst sent, and /proc/PID/net/tcp of the target shows how many were connected at once",
        undoneBy: "closing what still waits; the connections end with the harness, whatever ends it")

    private let target: ResolvedTarget
    private let port: Int?
    private let count: Int
    private let pause: Duration?
    private let patience: Duration
    private let request: ClientRequest
    private let burst = ClientBurst()

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        let parameters = specification.parameters
        self.target = target
        port = parameters.integer("port")
        count = parameters.integer("count") ?? 1000
        pause = parameters.duration("every")
        patience = parameters.duration("patience") ?? .seconds(10)
        request = try ClientRequest(parameters, for: specification.name)
        if let pause, pause < .milliseconds(100) {
            throw FaultError("\(specification.name): `every` is at least 100ms")
        }
    }

    public func plan() async throws -> [Change] {
        let listener = try await ListeningPort(of: target, port: port, for: Self.schema.name)
        guard listener.namespace == nil else {
            throw FaultError("\(Self.schema.name): \(target.id) is in a network namespace of its own: not reached")
        }
        return [
            Change(
                subject: "requests to port \(listener.port) of \(target.id)", prior: "none",
                value: "\(count) at once\(pause.map { ", every \($0.short)" } ?? "")",
                undo: .inProcess { [burst] in await burst.end() }
            ) { [self] in
                try await burst.begin(request, count: count, every: pause, patience: patience, to: listener)
            }
        ]
    }

    public func observe() async throws -> Observation { await burst.figures }

    public func verify(before: Observation, now: Observation) -> Verification {
        let sent = Int(now["sent"] ?? 0)
        let atOnce = Int(now["at once"] ?? 0)
        // An answer shows that it got there when no look fell into a burst that was served at once.
        let answered = (now["good"] ?? 0) + (now["refused by an answer"] ?? 0)
        guard sent >= count, atOnce > 0 || answered > 0 else {
            return .notYet("\(sent) of \(count) sent, \(atOnce) connected at once")
        }
        let outcomes = ClientBurst.outcomes.map { "\(Int(now[$0] ?? 0)) \($0)" }
        return .seen("\(sent) requests sent, \(atOnce) connected at once; \(outcomes.joined(separator: ", "))")
    }
}
