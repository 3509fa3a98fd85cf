import Events

/// A run as lines of a terminal. Pure: the same state gives the same lines.
public struct WatchScreen {
    private let state: WatchState
    private let log: [String]
    private let width: Int
    private let height: Int
    private let color: Bool
    /// What the last line asks or says.
    private let prompt: String

    /// - Parameters:
    ///   - log: the latest lines of the timeline, the latest last.
    ///   - width: columns, at least 40.
    ///   - height: rows, at least 10.
    public init(_ state: WatchState, log: [String], width: Int, height: Int, color: Bool, prompt: String) {
        self.state = state
        self.log = log
        self.width = max(40, width)
        self.height = max(10, height)
        self.color = color
        self.prompt = prompt
    }

    /// As many as there are rows, none longer than there are columns.
    public var lines: [String] {
        var lines = [heading, ""]
        lines += faults
        lines += curves
        if !state.firing.isEmpty { lines.append(paint("alerts  \(state.firing.joined(separator: ", "))", .yellow)) }
        lines.append(paint("so far  \(state.outlook)", outlookStyle))
        if let ledger = state.ledger {
            lines.append("ledger  \(ledger.acked) acknowledged, \(ledger.lost) lost, \(ledger.unknown) unknown")
        }
        lines.append("")
        let room = height - lines.count - 1
        if room > 0 { lines += log.suffix(room) }
        lines = Array(lines.prefix(height - 1))
        while lines.count < height - 1 { lines.append("") }
        return (lines + [prompt]).map(cut)
    }

    private var heading: String {
        let phase = state.phase?.rawValue ?? "waiting"
        return paint("\(state.scenario)  \(phase)  \(ClockText.moment(state.time))", .bold) + "  \(state.run)"
    }

    /// A bar for each fault on the time of the run so far.
    private var faults: [String] {
        guard !state.faults.isEmpty, state.time > 0 else { return [] }
        let name = min(24, state.faults.map { $0.id.count + $0.kind.count + 3 }.max() ?? 0)
        let room = max(10, width - name - 14)
        let shown = state.faults.prefix(max(1, height / 4))
        var lines = shown.map { fault in
            let label = pad("\(fault.id) (\(fault.kind))", name)
            return "\(label)  \(bar(fault, room))  \(word(fault))"
        }
        if state.faults.count > shown.count { lines.append("… \(state.faults.count - shown.count) more faults") }
        return lines + [""]
    }

    private func bar(_ fault: WatchState.Fault, _ room: Int) -> String {
        let cell = { (time: Double) in min(room, max(0, Int(time / state.time * Double(room)))) }
        guard let injected = fault.injectedAt else { return String(repeating: "·", count: room) }
        let from = min(cell(injected), room - 1)
        let to = max(from + 1, cell(fault.endedAt ?? state.time))
        let healed = max(to, fault.endedAt.flatMap { end in fault.recovery.map { cell(end + $0) } } ?? to)
        return String(repeating: "·", count: from) + String(repeating: "█", count: to - from)
            + String(repeating: "░", count: healed - to) + String(repeating: "·", count: room - healed)
    }

    private func word(_ fault: WatchState.Fault) -> String {
        switch fault.state {
        case nil: "waits"
        case .due: "due"
        case .injected: "injected"
        case .verified: fault.endedAt == nil ? "seen" : "ended"
        case .unverified: "not seen"
        case .ended: "ended"
        case .recovered: fault.recovery.map { "well +\(ClockText.length($0))" } ?? "well"
        case .failed: "failed"
        case .neverDue: "never due"
        }
    }

    private var curves: [String] {
        let shown = ["throughput", "latency.p99", "errors.rate", "pool.waiting"].filter { state.curve($0) != nil }
        let pressure = state.names(endingIn: "pressure.some.share").filter { name in
            state.curve(name)?.values.contains { $0 ?? 0 > 0.05 } == true
        }
        let names = shown + pressure.prefix(max(0, height / 4 - 2))
        let widest = names.map(\.count).max() ?? 0
        return names.compactMap { name in
            guard let curve = state.curve(name) else { return nil }
            let unit = MetricUnit(of: name)
            let value = curve.latest.map { unit.text($0) } ?? "–"
            let least = name.hasSuffix("share") || name == "errors.rate" ? 1.0 : 0
            let line = Sparkline(curve.values, width: max(10, width - widest - 16), least: least)
            return "\(pad(name, widest))  \(pad(value, 10))  \(line)"
        }
    }

    // MARK: Text

    private enum Style: String {
        case bold = "1"
        case green = "32"
        case yellow = "33"
        case red = "31"
    }

    private var outlookStyle: Style {
        if let verdict = state.ending?.verdict { return verdict == .pass ? .green : .red }
        return state.outlook == "steady" ? .green : .yellow
    }

    private func paint(_ text: String, _ style: Style) -> String {
        // Cut before it is painted, or the end of the colour would be cut off.
        let text = String(text.prefix(width))
        return color ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    private func pad(_ text: String, _ length: Int) -> String {
        let text = String(text.prefix(length))
        return text + String(repeating: " ", count: length - text.count)
    }

    private func cut(_ line: String) -> String {
        line.contains("\u{1B}") ? line : String(line.prefix(width))
    }
}
