import Events
import Reports
import Synchronization

/// Prints the run as it goes: one line for each event worth a line, and a heartbeat when nothing happens.
final class LiveView: Sendable {
    private struct State {
        var timeline: TimelineText
        var lastLine = 0.0
    }

    private let state: Mutex<State>

    /// Seconds without a line after which the figures of the moment are printed.
    private static let heartbeat = 5.0

    init(color: Bool) {
        state = Mutex(State(timeline: TimelineText(color: color)))
    }

    func show(_ event: RunEvent) {
        let line = state.withLock { state -> String? in
            if let line = state.timeline.line(for: event) {
                state.lastLine = event.time
                return line
            }
            guard case .sample(let sample) = event.kind, event.time - state.lastLine >= LiveView.heartbeat else {
                return nil
            }
            state.lastLine = event.time
            return LiveView.figures(sample, at: event.time)
        }
        if let line { Console.progress(line) }
    }

    private static func figures(_ sample: Sample, at time: Double) -> String? {
        func number(_ name: String, _ factor: Double, _ digits: Int) -> String? {
            sample.values[name].map { value in
                let scale = [1.0, 10, 100][digits]
                return "\((value * factor * scale).rounded() / scale)"
            }
        }
        let seconds = "\((time * 10).rounded() / 10)"
        let padding = String(repeating: " ", count: max(0, 7 - seconds.count))
        var parts: [String] = []
        if let value = number("throughput", 1, 1) { parts.append("\(value) answers/s") }
        if let value = number("latency.p99", 1000, 0) { parts.append("p99 \(value) ms") }
        if let value = number("errors.rate", 100, 1) { parts.append("errors \(value) %") }
        // Without a load there is nothing to say that a person waits for.
        if parts.isEmpty || (parts.count == 1 && sample.values["arrivals"] == 0) { return nil }
        return "\(padding)\(seconds)s  \(parts.joined(separator: "  "))"
    }
}
