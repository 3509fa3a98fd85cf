import Events
import Foundation

/// Tells a run line by line while it goes on: `  12.0s  fault kill  verified: the postmaster has ended`.
public struct TimelineText: Sendable {
    private let color: Bool
    /// Whether the last window held; nil before the first.
    private var holds: Bool?

    /// - Parameter color: whether to use the colours of an ANSI terminal. No meaning is in the colour alone.
    public init(color: Bool) {
        self.color = color
    }

    /// The line for an event, without a line feed; nil for what is not worth one: samples, writes, figures of
    /// phases, and windows that come out as the one before.
    public mutating func line(for event: RunEvent) -> String? {
        switch event.kind {
        case .started(let start):
            return line(event.time, "run \(start.run)  \(start.scenario), seed \(start.seed)", .bold)
        case .phase(let change):
            return line(event.time, "phase \(change.phase.rawValue)", .bold)
        case .fault(let change):
            return line(event.time, TimelineText.text(of: change), TimelineText.style(of: change.state))
        case .window(let window):
            guard holds != window.holds else { return nil }
            holds = window.holds
            return window.holds
                ? line(event.time, "steady state  holds", .green)
                : line(event.time, "steady state  does not hold: \(TimelineText.failures(of: window))", .yellow)
        case .oomKill(let kill):
            return line(event.time, kill.line, kill.role == .bystander ? .red : .yellow)
        case .ledger(let count):
            let text = "ledger  \(count.acked) acknowledged, \(count.lost) lost, \(count.unknown) unknown"
            return line(event.time, text, count.lost == 0 ? .plain : .red)
        case .dataSafety(let finding): return line(event.time, SafetyWords(finding))
        case .bypass(let finding): return line(event.time, SafetyWords(finding))
        case .alert(let change):
            return line(event.time, "alert \(change.rule)  \(change.state.rawValue): \(change.detail)", .plain)
        case .outage(let outage):
            let text = "\(outage.target)  \(OutageWords(outage).course), from \(ClockText.moment(outage.start))"
            return line(event.time, text, .plain)
        case .expectation(let result):
            return line(event.time, TimelineText.text(of: result), TimelineText.style(of: result.verdict))
        case .message(let message):
            guard message.level != .info else { return line(event.time, message.text, .plain) }
            let style: Style = message.level == .error ? .red : .yellow
            return line(event.time, "\(message.level.rawValue): \(message.text)", style)
        case .step(let step):
            return line(event.time, step.line, step.holds.map { $0 ? .green : .yellow } ?? .plain)
        case .squeezed(let result):
            return result.lines.map { line(event.time, $0, .bold) }.joined(separator: "\n")
        case .estimate(let estimate):
            return line(event.time, estimate.line, estimate.isSteady ? .green : .plain)
        case .traced(let result):
            return result.lines.map { line(event.time, $0, .bold) }.joined(separator: "\n")
        case .ended(let end):
            var text = "\(end.verdict.rawValue)  \(end.reason)"
            if !end.hostRestored { text += "; HOST NOT RESTORED: \(end.residues.joined(separator: ", "))" }
            return line(event.time, text, end.hostRestored ? TimelineText.style(of: end.verdict) : .red)
        case .sample, .write, .load, .serverLog, .detection:
            return nil
        }
    }

    private func line(_ time: Double, _ words: SafetyWords) -> String {
        let text = "\(words.verdict.rawValue)  \(words.name): \(words.figures)"
        return line(
            time, ([text] + words.findings.prefix(3)).joined(separator: "; "), TimelineText.style(of: words.verdict))
    }

    private func line(_ time: Double, _ text: String, _ style: Style) -> String {
        let moment = String(format: "%7.1fs", time)
        let shown = VisibleText(text).description
        return color && style != .plain ? "\(moment)  \(style.code)\(shown)\u{1B}[0m" : "\(moment)  \(shown)"
    }

    private static func text(of change: FaultChange) -> String {
        let state =
            switch change.state {
            case .neverDue: "never due"
            case .unverified: "not verified"
            default: change.state.rawValue
            }
        return "fault \(change.id)  \(state)" + (change.detail.isEmpty ? "" : ": \(change.detail)")
    }

    private static func text(of result: ExpectationResult) -> String {
        var text = "expect \(result.id)  \(result.verdict.rawValue): \(result.that)"
        let values = MeasuredValues(result.values).text
        if !values.isEmpty { text += "  (\(values))" }
        if !result.detail.isEmpty { text += "  \(result.detail)" }
        return text
    }

    /// The checks that failed, with all that was measured.
    private static func failures(of window: WindowVerdict) -> String {
        let values = MeasuredValues(window.values).text
        return window.failing.joined(separator: ", ") + (values.isEmpty ? "" : "  (\(values))")
    }

    private static func style(of state: FaultChange.State) -> Style {
        switch state {
        case .due, .ended: .plain
        case .injected: .yellow
        case .verified, .recovered: .green
        case .unverified, .neverDue: .yellow
        case .failed: .red
        }
    }

    private static func style(of verdict: Verdict) -> Style {
        switch verdict {
        case .pass: .green
        case .fail, .error: .red
        case .inconclusive, .aborted: .yellow
        }
    }

    /// How a line is set off on a terminal with colours.
    private enum Style {
        case plain, bold, green, yellow, red

        var code: String {
            switch self {
            case .plain: ""
            case .bold: "\u{1B}[1m"
            case .green: "\u{1B}[32m"
            case .yellow: "\u{1B}[33m"
            case .red: "\u{1B}[31m"
            }
        }
    }
}
