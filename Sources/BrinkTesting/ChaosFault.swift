/// A fault for a test: one of those that `brink faults` lists, with its parameters as a scenario has them.
public struct ChaosFault: Hashable, Sendable {
    public var kind: String
    /// A target of the attached scenario.
    public var target: String
    public var parameters: [String: String]
    /// How long it may take to be seen; a fault that is not seen fails the test.
    public var patience: Duration

    public init(
        _ kind: String, on target: String, _ parameters: [String: String] = [:], patience: Duration = .seconds(20)
    ) {
        self.kind = kind
        self.target = target
        self.parameters = parameters
        self.patience = patience
    }

    /// Throttles a target above so much memory: `64MiB`, or a share of what it uses, `80%`.
    public static func memoryHigh(_ value: String, on target: String) -> ChaosFault {
        ChaosFault("memory.high", on: target, ["value": value])
    }

    /// Gives a target a part of one processor: `20%`.
    public static func cpuMax(_ quota: String, on target: String) -> ChaosFault {
        ChaosFault("cpu.max", on: target, ["quota": quota])
    }

    /// Stops all of a target's processes.
    public static func freeze(_ target: String) -> ChaosFault {
        ChaosFault("cgroup.freeze", on: target)
    }

    /// Kills a role of a PostgreSQL, such as `postmaster`.
    public static func postgresKill(
        _ role: String, on target: String, restartAfter pause: String? = nil
    ) -> ChaosFault {
        var parameters = ["role": role]
        if let pause { parameters["restartAfter"] = pause }
        return ChaosFault("postgres.kill", on: target, parameters)
    }

    /// Delays what passes a link.
    public static func latency(_ latency: String, on link: String) -> ChaosFault {
        ChaosFault("toxic.latency", on: link, ["latency": latency])
    }
}
