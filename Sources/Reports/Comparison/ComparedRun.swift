import Events

/// One of the two runs of a comparison, with its place on their common time axis.
struct ComparedRun {
    /// `A` or `B`.
    let letter: String
    let result: RunResult
    let samples: SampleTable
    /// What is added to a moment of the run, in seconds; before zero lies what is not shown.
    let shift: Double

    init(letter: String, result: RunResult, samples: SampleTable, shift: Double) {
        self.letter = letter
        self.result = result
        self.samples = samples
        self.shift = shift
    }

    /// The values of a metric on the common axis.
    func points(_ metric: String) -> [Series.Point] {
        samples[metric].compactMap { point in
            let time = point.time + shift
            return time < 0 ? nil : Series.Point(time: time, value: point.value)
        }
    }

    /// The phases and faults on the common axis.
    func shifted() -> (phases: [PhaseResult], faults: [FaultResult]) {
        let phases = result.phases.compactMap { phase -> PhaseResult? in
            guard phase.end + shift > 0 else { return nil }
            var phase = phase
            phase.start = max(phase.start + shift, 0)
            phase.end += shift
            return phase
        }
        let faults = result.faults.map { fault in
            var fault = fault
            for moment in [\FaultResult.dueAt, \.injectedAt, \.verifiedAt, \.endedAt, \.recoveredAt] {
                fault[keyPath: moment] = fault[keyPath: moment].map { $0 + shift }
            }
            return fault
        }
        return (phases, faults)
    }

    /// When faults may begin: the start of the phase `run`, else of what was measured at all.
    static func origin(of result: RunResult) -> Double {
        (result.phases.first { $0.phase == .run } ?? result.phases.first { $0.phase == .baseline })?.start ?? 0
    }

    /// When the measurements begin.
    static func start(of result: RunResult) -> Double {
        result.phases.first { [.baseline, .run].contains($0.phase) }?.start ?? 0
    }
}
