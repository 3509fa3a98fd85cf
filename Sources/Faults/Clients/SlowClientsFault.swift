import Engine
import Glibc
import Journal
import LinuxSystem
import Scenarios

/// Clients that hold a service's connections by being slow, as phones on a bad line do, and slowloris on purpose.
///
/// The connections belong to the harness: they are reset by its end, whatever ends it.
public struct SlowClientsFault: FaultKind {
    public static let schema = FaultSchema(
        name: "clients.slow",
        summary: "Holds HTTP/1.1 connections by clients that send a request a byte at a time, or never read an answer.",
        targets: [.cgroup, .process, .link],
        parameters: [
            ParameterSchema("count", .integer(1...20_000), default: "100", "How many connections to hold."),
            ParameterSchema(
                "manner", .choice(SlowManner.Kind.allCases.map(\.rawValue)), default: SlowManner.Kind.slowBody.rawValue,
                "slow-head: a header a byte at a time; slow-body: a body that was announced, a byte at a time; unread: "
                    + "whole requests one after the other, whose answers are not read."),
            ParameterSchema("pace", .duration, default: "500ms", "From one byte, or one unread request, to the next."),
        ] + ClientRequest.parameters,
        requirements: [],
        verifiedBy: "/proc/PID/net/tcp of the target shows the connections ESTABLISHED, and each has said something",
        undoneBy: "resetting them and waiting until the target shows none; they end with the harness, whatever ends it")

    private let target: ResolvedTarget
    private let count: Int
    private let port: Int?
    private let manner: SlowManner
    private let keeper = HoardKeeper()
    private let made = HoardRecord()

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        let parameters = specification.parameters
        let pace = parameters.duration("pace") ?? .milliseconds(500)
        guard pace >= HoardKeeper.interval else {
            throw FaultError("\(specification.name): `pace` is at least \(HoardKeeper.interval.short)")
        }
        self.target = target
        count = parameters.integer("count") ?? 100
        port = parameters.integer("port")
        manner = SlowManner(
            parameters.text("manner").flatMap(SlowManner.Kind.init) ?? .slowBody,
            try ClientRequest(parameters, for: specification.name), pace: pace)
    }

    public func plan() async throws -> [Change] {
        let listener = try await ListeningPort(of: target, port: port, for: Self.schema.name)
        let hoard = SocketHoard(to: listener, count: count, saying: manner)
        made.current = hoard
        return [
            Change(
                subject: "connections to port \(listener.port) of \(target.id)", prior: "none held",
                value: "\(count) held by slow clients (\(manner.kind.rawValue))",
                undo: .inProcess { [keeper] in await keeper.end() }
            ) { [keeper, count] in
                try await keeper.begin(hoard, size: count)
            }
        ]
    }

    public func observe() async throws -> Observation { try await keeper.observe() }

    public func verify(before: Observation, now: Observation) -> Verification {
        made.current?.verify(now) ?? .notYet("it has just begun")
    }
}
