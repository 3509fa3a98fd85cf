import Engine
import Journal
import LinuxSystem
import Scenarios

/// Ends a Redis and starts it again, empty.
public struct CacheKillFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cache.kill",
        summary: "Kills a Redis; it is started again, cold, when the fault ends.",
        targets: [.redis],
        parameters: [
            ParameterSchema(
                "restartAfter", .duration, default: "0s", "Time until it is started again; the fault ends then.")
        ],
        requirements: ["a Redis that the scenario starts"],
        verifiedBy: "that very process has ended", undoneBy: "starting it as it was started, and PING",
        durationParameter: "restartAfter")

    private let redis: RedisAccess
    private let server: RedisAccess.Server
    private let table: ProcessTable
    private let victim = Victim()

    private actor Victim {
        var process: ProcessIdentity?

        func choose(_ process: ProcessIdentity) { self.process = process }
    }

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        redis = try target.requireRedis(for: specification.name)
        guard let server = redis.server else {
            throw FaultError(
                "\(specification.name): \(redis.place) was not started by Brink, which cannot start it again")
        }
        self.server = server
        table = target.table
    }

    public func plan() async throws -> [Change] {
        let process = server.process
        guard table.isRunning(process) else { throw FaultError("\(redis.place) does not run: it was ended already") }
        return [
            Change(
                subject: "\(redis.place), \(process)", prior: "running", value: "KILL",
                undo: .inProcess { [self] in await restart() }
            ) { [self] in
                await victim.choose(process)
                let handle = try ProcessHandle(opening: process, in: table)
                try handle.send(.kill)
                _ = await Blocking.run { handle.hasEnded(within: 2000) }
            }
        ]
    }

    private func restart() async -> UndoOutcome {
        do {
            guard !table.isRunning(server.process) else { return .alreadyRestored }
            try await Blocking.run { [server] in try server.restart() }
            let end = MonotonicClock.now() + .seconds(10)
            while true {
                do {
                    try await redis.ping(within: .seconds(1))
                    return .restored
                } catch {
                    guard MonotonicClock.now() < end else { throw error }
                    // Undo must come to its end even where the run was cancelled.
                    await Task.detached { try? await Task.sleep(for: .milliseconds(20)) }.value
                }
            }
        } catch {
            return .failed("\(redis.place) was not started again: \(error)")
        }
    }

    public func observe() async throws -> Observation {
        guard let process = await victim.process else { return [:] }
        return ["running": table.isRunning(process) ? 1 : 0]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        now["running"] == 0 ? .seen("the Redis ended") : .notYet("it still runs")
    }
}
