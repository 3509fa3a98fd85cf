import Events

extension RunResult {
    /// Seconds that a phase lasted; nil when the run did not get there.
    func length(of phase: PhaseChange.Phase) -> Double? {
        phases.first { $0.phase == phase }.map { $0.end - $0.start }
    }
}
