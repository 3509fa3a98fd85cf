import Events

/// Counts what came of attempts to get in without a right token, and judges them.
struct BypassTally: Sendable {
    enum Answer: String, Sendable {
        /// It was given data.
        case accepted
        /// It was told that it may not.
        case refused
        /// There was no answer, or one about something else.
        case unclear
    }

    private struct Count: Sendable {
        var accepted = 0
        var refused = 0
        var unclear = 0

        var attempts: Int { accepted + refused + unclear }
    }

    private static let mostFindings = 20

    private var counts: [String: Count] = [:]
    private var controls = 0
    private var controlsAccepted = 0
    private var mistaken = 0
    private var findings: [String] = []

    /// - Parameter moment: seconds on the run's clock.
    mutating func record(_ kind: String, _ answer: Answer, at moment: Double) {
        switch answer {
        case .accepted: counts[kind, default: Count()].accepted += 1
        case .refused: counts[kind, default: Count()].refused += 1
        case .unclear: counts[kind, default: Count()].unclear += 1
        }
        if answer == .accepted, findings.count < BypassTally.mostFindings {
            findings.append("\(kind) was let in at \((moment * 10).rounded() / 10) s")
        }
    }

    /// A right token was sent.
    mutating func recordControl(isAccepted: Bool) {
        controls += 1
        if isAccepted { controlsAccepted += 1 }
    }

    /// A right token was taken for somebody else's.
    /// - Parameter moment: seconds on the run's clock.
    mutating func recordMistaken(for other: String, at moment: Double) {
        mistaken += 1
        if findings.count < BypassTally.mostFindings {
            findings.append("a right token was taken for \(other)'s at \((moment * 10).rounded() / 10) s")
        }
    }

    /// Whether a kind was let in or refused at least once.
    func isDecided(_ kind: String) -> Bool { counts[kind].map { $0.accepted + $0.refused > 0 } ?? false }

    /// - Parameter kinds: those that were to be tried.
    func finding(service: String, kinds: [String]) -> BypassFinding {
        let all = counts.values.reduce(into: Count()) { sum, count in
            sum.accepted += count.accepted
            sum.refused += count.refused
            sum.unclear += count.unclear
        }
        let undecided = kinds.filter { !isDecided($0) }
        // A service that lets nobody in refuses for other reasons.
        let isConclusive = undecided.count < kinds.count && controlsAccepted > 0
        var figures = [
            "attempts": Double(all.attempts), "refused": Double(all.refused), "unclear": Double(all.unclear),
            "controls": Double(controls), "controlsAccepted": Double(controlsAccepted),
            "undecided": Double(undecided.count), "mistaken": Double(mistaken),
        ]
        // Zero of nothing is no evidence: an expectation about it is inconclusive then.
        if isConclusive || all.accepted > 0 { figures["accepted"] = Double(all.accepted) }
        var notes = kinds.compactMap { kind in counts[kind].map { (kind, $0) } }
            .map { "\($0): \($1.refused) of \($1.attempts) refused" }
        notes = notes.isEmpty ? [] : [notes.joined(separator: ", ")]
        if !undecided.isEmpty { notes.append("never decided: \(undecided.joined(separator: ", "))") }
        if controlsAccepted == 0 { notes.append("no right token was accepted either") }
        return BypassFinding(
            service: service, verdict: all.accepted > 0 || mistaken > 0 ? .fail : isConclusive ? .pass : .inconclusive,
            figures: figures, findings: findings, notes: notes)
    }
}
