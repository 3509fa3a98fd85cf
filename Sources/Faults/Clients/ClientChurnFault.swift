import Engine
import Glibc
import LinuxSystem
import Scenarios

/// Clients that come and go at once, so that a service does little else than greet.
public struct ClientChurnFault: FaultKind {
    public static let schema = FaultSchema(
        name: "clients.churn",
        summary: "Opens connections to the target at a rate and resets each at once, with or without having asked.",
        targets: [.cgroup, .process, .link],
        parameters: [
            ParameterSchema("rate", .integer(1...5_000), default: "100", "Connections per second."),
            ParameterSchema(
                "asks", .flag, default: "false", "Whether each sends a whole request before it hangs up."),
        ] + ClientRequest.parameters,
        requirements: [],
        verifiedBy: "the kernel's count of connections that were taken in the target's network namespace "
            + "(PassiveOpens of /proc/PID/net/snmp)",
        undoneBy: "nothing: no connection outlives its moment; the opening ends")

    private let target: ResolvedTarget
    private let port: Int?
    private let rate: Int
    private let request: [UInt8]
    private let churn = ClientChurn()

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        let parameters = specification.parameters
        self.target = target
        port = parameters.integer("port")
        rate = parameters.integer("rate") ?? 100
        let request = try ClientRequest(parameters, for: specification.name)
        self.request = parameters.flag("asks") ?? false ? request.bytes : []
    }

    public func plan() async throws -> [Change] {
        let listener = try await ListeningPort(of: target, port: port, for: Self.schema.name)
        return [
            Change(
                subject: "connections to port \(listener.port) of \(target.id)", prior: "none",
                value: "\(rate) a second, each reset at once",
                undo: .inProcess { [churn] in
                    await churn.end()
                    return .restored
                }
            ) { [self] in
                try await churn.begin(to: listener, rate: rate, saying: request)
            }
        ]
    }

    public func observe() async throws -> Observation { await churn.figures() }

    public func verify(before: Observation, now: Observation) -> Verification {
        let made = Int(now["made"] ?? 0)
        let taken = Int(now["taken"] ?? 0)
        let refused = Int(now["refused"] ?? 0)
        guard made > 0, taken > 0 else {
            return .notYet("\(made) connections made, \(refused) refused, the kernel counts \(taken)")
        }
        return .seen("\(made) connections made and reset, \(refused) refused; the kernel took \(taken) there")
    }
}
