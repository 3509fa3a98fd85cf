import Events
import Harness
import Reports

/// What the runs of a suite come to.
enum SuiteVerdicts {
    /// - Parameter quarantine: scenarios with this tag decide nothing.
    static func of(_ entry: SuiteEntry, _ attempts: [SuiteCase.Attempt], quarantine: String) -> SuiteCase {
        let about = entry.scenario.about
        return SuiteCase(
            id: entry.scenario.id, domain: about.domain?.rawValue, category: about.category.rawValue, tags: about.tags,
            faults: Set(entry.scenario.faults.map(\.name)).sorted(),
            attempts: attempts,
            pass: entry.policy.rule == .any ? nil : entry.policy.rule.description,
            needed: entry.policy.needed == 1 ? nil : entry.policy.needed,
            quarantined: about.tags.contains(quarantine) ? true : nil)
    }

    static func attempt(_ attempt: SuiteAttempt) -> SuiteCase.Attempt {
        let result = attempt.folder.flatMap(SuiteWriter.result)
        let said = attempt.log.split(separator: "\n").last.map(String.init) ?? "it said nothing"
        return SuiteCase.Attempt(
            verdict: verdict(of: attempt, result), reason: result?.reason ?? said, exitCode: attempt.exitCode,
            seconds: attempt.duration / .seconds(1), folder: attempt.folder, result: result)
    }

    static func verdict(of attempt: SuiteAttempt, _ result: RunResult? = nil) -> Verdict {
        switch attempt.exitCode.flatMap(Harness.ExitCode.init(rawValue:)) {
        case .pass: .pass
        case .expectationFailed: .fail
        case .guardAbort, .interrupted, .terminated: .aborted
        // What this machine cannot do says nothing about the service.
        case .inconclusive, .preflight: .inconclusive
        default: .error
        }
    }

    /// Everything that did not pass, with the reason.
    static func troubles(of result: SuiteResult) -> [String] {
        result.scenarios.compactMap { scenario in
            guard let verdict = scenario.verdict, verdict != .pass else { return nil }
            let last = scenario.attempts.last
            let reasons = last.map { $0.failures.isEmpty ? [$0.reason] : $0.failures } ?? []
            let mark = scenario.isQuarantined ? "quarantined, " : ""
            return "\(mark)\(verdict.rawValue): \(scenario.id): \(reasons.joined(separator: "; "))"
        }
    }

    static func lastWord(on result: SuiteResult) -> String {
        let counts = Verdict.allCases.compactMap { verdict in
            let count = result.count(verdict)
            return count == 0 ? nil : "\(count) \(verdict.rawValue)"
        }
        let rest = result.count(nil)
        let leftOut = result.notApplicable?.count ?? 0
        let words =
            counts + (rest == 0 ? [] : ["\(rest) not run"]) + (leftOut == 0 ? [] : ["\(leftOut) not applicable"])
        return "\(result.scenarios.count) scenarios in \(Int(result.seconds.rounded())) s: "
            + "\(words.joined(separator: ", ")); residue \(result.residues)"
    }

    /// The worst of all; a host that is not as it was wins over everything.
    static func exitCode(of result: SuiteResult, _ session: GuardedSession.Outcome) -> Harness.ExitCode {
        if result.residues > 0 { return .hostNotRestored }
        if session.verdict == .aborted { return session.exitCode }
        let found = Set(result.deciding.map(\.verdict))
        if session.verdict == .error || found.contains(.error) { return .internal }
        if found.contains(.fail) { return .expectationFailed }
        if found.contains(.aborted) { return .guardAbort }
        return found.isSubset(of: [.pass]) ? .pass : .inconclusive
    }
}
