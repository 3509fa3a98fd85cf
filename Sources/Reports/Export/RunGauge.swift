import Events

/// A figure of a finished run, for systems that collect figures. Everything is a gauge: a run that is over counts on no
/// more.
struct RunGauge {
    struct Point {
        /// In the order in which they are written.
        let labels: [(name: String, value: String)]
        let value: Double

        init(_ value: Double, _ labels: (String, String)...) {
            self.value = value
            self.labels = labels.map { (name: $0.0, value: $0.1) }
        }
    }

    enum Unit {
        case seconds, ratio, none
    }

    /// Words from the general to the special: `phase`, `latency`.
    let words: [String]
    let help: String
    let unit: Unit
    let points: [Point]

    /// All figures of a run; those without a value are left out.
    static func all(_ result: RunResult) -> [RunGauge] {
        (whole(result) + faults(result) + phases(result) + outcome(result)).filter { !$0.points.isEmpty }
    }

    private static func whole(_ result: RunResult) -> [RunGauge] {
        let start = Double(WallClock(result).nanoseconds(0)) / 1e9
        let verdicts = Verdict.allCases.map { Point(result.verdict == $0 ? 1 : 0, ("verdict", $0.rawValue)) }
        return [
            RunGauge(
                words: ["info"], help: "What was run, by which Brink, with which seed.", unit: .none,
                points: [Point(1, ("brink", result.brinkVersion), ("seed", "\(result.seed)"))]),
            RunGauge(
                words: ["start", "time"], help: "When the run began, since 1970.", unit: .seconds,
                points: result.startedAt.isEmpty ? [] : [Point(start)]),
            RunGauge(
                words: ["duration"], help: "From the run's start to its last event.", unit: .seconds,
                points: [Point(result.duration)]),
            RunGauge(
                words: ["verdict"], help: "1 for the run's verdict, 0 for the others.", unit: .none, points: verdicts),
            RunGauge(
                words: ["interrupted"], help: "1 when the events stop without an end.", unit: .none,
                points: [Point(result.interrupted ? 1 : 0)]),
            RunGauge(
                words: ["host", "restored"], help: "1 when everything changed on the host was put back.", unit: .none,
                points: result.host.restored.map { [Point($0 ? 1 : 0)] } ?? []),
        ]
    }

    private static func faults(_ result: RunResult) -> [RunGauge] {
        func points(_ value: (FaultResult) -> Double?) -> [Point] {
            result.faults.compactMap { fault in
                value(fault).map { Point($0, ("fault", fault.id), ("kind", fault.name), ("target", fault.target)) }
            }
        }
        return [
            RunGauge(
                words: ["fault", "verified"], help: "1 when the fault was seen to take effect.", unit: .none,
                points: points { $0.verified ? 1 : 0 }),
            RunGauge(
                words: ["fault", "injected"], help: "When the fault was injected, since the run's start.",
                unit: .seconds, points: points(\.injectedAt)),
            RunGauge(
                words: ["fault", "ended"], help: "When the fault was taken back, since the run's start.",
                unit: .seconds, points: points(\.endedAt)),
            RunGauge(
                words: ["fault", "recovery"], help: "From the fault's end until the steady state held again.",
                unit: .seconds, points: points(\.recoverySeconds)),
        ]
    }

    private static func phases(_ result: RunResult) -> [RunGauge] {
        func points(_ values: (PhaseLoad) -> [Point]) -> [Point] { result.load.flatMap(values) }
        return [
            RunGauge(
                words: ["phase", "latency"], help: "Latency of all requests of a phase.", unit: .seconds,
                points: points { load in
                    (load.whole?.latency ?? [:]).sorted { $0.key < $1.key }.map {
                        Point($0.value, ("phase", load.phase.rawValue), ("statistic", $0.key))
                    }
                }),
            RunGauge(
                words: ["phase", "requests"], help: "Requests that came to an end in a phase, well or not.",
                unit: .none,
                points: points { load in
                    load.whole.map { [Point(Double($0.requests), ("phase", load.phase.rawValue))] } ?? []
                }),
            RunGauge(
                words: ["phase", "failures"], help: "Requests that failed in a phase, by class of error.", unit: .none,
                points: points { load in
                    (load.whole?.errors ?? [:]).sorted { $0.key < $1.key }.map {
                        Point(Double($0.value), ("phase", load.phase.rawValue), ("error", $0.key))
                    }
                }),
            RunGauge(
                words: ["phase", "failed"], help: "Share of the requests of a phase that failed.", unit: .ratio,
                points: points { load in load.errorShare.map { [Point($0, ("phase", load.phase.rawValue))] } ?? [] }),
            RunGauge(
                words: ["phase", "steady"], help: "Share of the windows of a phase in which the steady state held.",
                unit: .ratio,
                points: result.steadyState.phases.map { Point($0.share, ("phase", $0.phase.rawValue)) }),
        ]
    }

    private static func outcome(_ result: RunResult) -> [RunGauge] {
        let ledger = result.ledger.map { count in
            [
                ("sent", count.sent), ("acked", count.acked), ("failed", count.failed), ("unknown", count.unknown),
                ("stored", count.stored), ("lost", count.lost), ("phantom", count.phantom),
            ].map { Point(Double($0.1), ("outcome", $0.0)) }
        }
        return [
            RunGauge(
                words: ["expectation", "holds"], help: "1 when the expectation holds; absent when it was not judged.",
                unit: .none,
                points: result.expectations.compactMap { expectation in
                    switch expectation.verdict {
                    case .pass: Point(1, ("expectation", expectation.id))
                    case .fail: Point(0, ("expectation", expectation.id))
                    default: nil
                    }
                }),
            RunGauge(
                words: ["ledger", "writes"], help: "Writes by what became of them.", unit: .none, points: ledger ?? []),
        ]
    }
}
