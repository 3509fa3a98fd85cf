import LinuxSystem

/// What the processes hold while nobody asks for anything.
struct RestPhase: BaselinePhase {
    let subject: BaselineSubject
    let share = 0.03

    func measure(in run: BaselineRun, into findings: inout RunFindings) async throws {
        let rest = run.end - MonotonicClock.now()
        if rest > .zero { try await Task.sleep(for: rest) }
        let processes = SubjectProcesses(subject)
        processes.memory(at: "rest", into: &findings)
    }
}
