import Engine
import Journal
import LinuxSystem
import Postgres
import Scenarios

/// Kills processes of PostgreSQL again and again, each time once it accepts connections, or while it recovers.
public struct CrashLoopFault: FaultKind {
    public static let schema = FaultSchema(
        name: "postgres.crash_loop",
        summary:
            "Kills PostgreSQL with SIGKILL again and again: processes of several roles, at moments drawn from the seed, "
            + "some of them while it recovers from the one before.",
        targets: [.postgres],
        parameters: [
            ParameterSchema("kills", .integer(1...100_000), default: "5", "How many in all."),
            ParameterSchema(
                "interval", .duration, default: "1s",
                "Longest time that a server which accepts connections is left in peace; the moment is drawn."),
            ParameterSchema(
                "roles", .text, default: "postmaster",
                "Whose processes, with commas between: \(PostgresRole.allCases.map(\.rawValue).joined(separator: ", "))."
            ),
            ParameterSchema(
                "duringRecovery", .fraction(0...1), default: "0%",
                "Chance that one more kill follows while the server recovers: of the startup process or the postmaster."
            ),
        ],
        requirements: ["a cluster that runs"],
        verifiedBy: "that many processes were seen to end, and the server accepted connections after each but the last",
        undoneBy: "ending the loop, then starting the server as it was started, unless it runs")

    private let target: ResolvedTarget
    private let server: PostgresServer
    private let kills: Int
    private let loop: CrashLoop

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        server = try target.requirePostgres(for: specification.name)
        let parameters = specification.parameters
        let names = (parameters.text("roles") ?? "").split(separator: ",").map { $0.filter { $0 != " " } }
        var roles: [PostgresRole] = []
        for name in names {
            guard let role = PostgresRole(rawValue: name) else {
                throw FaultError("postgres.crash_loop: no process of PostgreSQL has the role \"\(name)\"")
            }
            roles.append(role)
        }
        guard !roles.isEmpty else { throw FaultError("postgres.crash_loop: name at least one role") }
        kills = parameters.integer("kills") ?? 5
        loop = CrashLoop(
            server: server, access: try target.requireDatabase(for: specification.name), table: target.table,
            course: CrashLoop.Course(
                kills: kills, interval: parameters.duration("interval") ?? .seconds(1), roles: roles,
                recoveryShare: parameters.fraction("duringRecovery") ?? 0, seed: target.seed))
    }

    public func plan() async throws -> [Change] {
        let postmaster = try server.postmaster()
        return [
            // Made before the loop, so that it is taken back after it.
            Change(
                subject: "the server in \(server.dataDirectory)", prior: "running", value: "may be down",
                undo: .starting(target)
            ) {},
            Change(
                subject: "processes below \(postmaster) in \(server.dataDirectory)", prior: "running",
                value: "\(kills) kills",
                undo: .inProcess { [loop] in
                    await loop.end()
                    return .restored
                }
            ) { [loop] in await loop.begin() },
        ]
    }

    public func observe() async throws -> Observation { await loop.tally }

    public func verify(before: Observation, now: Observation) -> Verification {
        let made = Int(now["kills"] ?? 0)
        let roles = PostgresRole.allCases.compactMap { role in
            now[role.rawValue].map { "\(role.rawValue) \(Int($0))" }
        }
        let text =
            "\(made) kills (\(roles.joined(separator: ", "))), \(Int(now["recovery"] ?? 0)) of them during recovery"
        let troubles = Int(now["troubles"] ?? 0)
        let failed = troubles == 0 ? "" : "; \(troubles) rounds failed, the latest: \(loop.latestTrouble)"
        return made >= kills && troubles == 0 ? .seen(text) : .notYet("\(text), of \(kills)\(failed)")
    }
}
