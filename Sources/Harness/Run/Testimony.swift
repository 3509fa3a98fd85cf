import Engine
import Events
import Scenarios

/// What the witnesses of a run have to say in the end, for its expectations to be judged by.
struct Testimony {
    let findings: [DataSafetyFinding]
    let bypass: BypassFinding?
    /// Why the writes could not be accounted for, if they should have been.
    let trouble: String?
    let values: OperandValues

    /// - Returns: how each expectation came out, and each check that no expectation speaks of.
    func results(for expectations: [Scenario.Expectation]) -> [ExpectationResult] {
        let mentioned = expectations.flatMap(\.that.expression.operands)
        return expectations.map { Judge().judge($0, values.value(of:)) } + unmentionedFindings(mentioned)
            + unmentionedBypass(mentioned) + unmentionedLedger(mentioned)
    }

    /// What was acknowledged is to be there, and what surely failed is not, whether or not an expectation says so.
    private func unmentionedLedger(_ mentioned: [Expression.Operand]) -> [ExpectationResult] {
        guard let ledger = values.ledger else { return [] }
        let rules: [(id: String, that: String, figure: String, count: Int)] = [
            ("ledger", "no acknowledged write is lost", "ledger.lost", ledger.lost),
            ("ledger.phantom", "no write that failed, or was never sent, is stored", "ledger.phantom", ledger.phantom),
        ]
        return rules.filter { rule in !mentioned.contains { $0.description.contains(rule.figure) } }.map { rule in
            ExpectationResult(
                id: rule.id, that: rule.that, verdict: rule.count == 0 ? .pass : .fail,
                values: ["ledger.acked": Double(ledger.acked), rule.figure: Double(rule.count)], detail: "")
        }
    }

    /// A check of the data that no expectation speaks of is expected to find nothing wrong.
    private func unmentionedFindings(_ mentioned: [Expression.Operand]) -> [ExpectationResult] {
        findings.compactMap { finding in
            let name = finding.check.rawValue
            guard !mentioned.contains(where: { $0.description.hasPrefix("\(name).") }) else { return nil }
            return ExpectationResult(
                id: "dataSafety.\(name)", that: "\(name) finds nothing wrong", verdict: finding.verdict,
                values: Dictionary(uniqueKeysWithValues: finding.figures.map { ("\(name).\($0.key)", $0.value) }),
                detail: (finding.findings + finding.notes).prefix(3).joined(separator: "; "))
        }
    }

    /// Nobody is to get in without a right token, whether or not an expectation says so.
    private func unmentionedBypass(_ mentioned: [Expression.Operand]) -> [ExpectationResult] {
        guard let bypass, !mentioned.contains(.metric("bypass.accepted")) else { return [] }
        return [
            ExpectationResult(
                id: "bypass", that: "nobody gets into \(bypass.service) without a right token",
                verdict: bypass.verdict,
                values: Dictionary(uniqueKeysWithValues: bypass.figures.map { ("bypass.\($0.key)", $0.value) }),
                detail: (bypass.findings + bypass.notes).prefix(3).joined(separator: "; "))
        ]
    }
}
