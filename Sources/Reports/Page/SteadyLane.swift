import Events

/// When the steady state held, as one lane.
struct SteadyLane {
    /// A stretch of time in which all windows came out alike.
    private struct Stretch {
        var start: Double
        var end: Double
        var holds: Bool
    }

    private let stretches: [Stretch]

    init(_ events: [RunEvent]) {
        var stretches: [Stretch] = []
        for event in events {
            guard case .window(let window) = event.kind else { continue }
            if let last = stretches.indices.last, stretches[last].holds == window.holds {
                stretches[last].end = event.time
            } else {
                // Windows overlap, so a verdict is valid from the one before.
                let start = stretches.last?.end ?? max(window.start, 0)
                stretches.append(Stretch(start: start, end: event.time, holds: window.holds))
            }
        }
        self.stretches = stretches
    }

    /// Nil when there were no windows.
    func drawing(_ backdrop: Backdrop) -> String? {
        guard !stretches.isEmpty else { return nil }
        let bad = stretches.filter { !$0.holds }
        let lost = bad.reduce(0) { $0 + $1.end - $1.start }
        let explanation =
            bad.isEmpty
            ? "It held all the time."
            : "It did not hold for \(ClockText.length(lost)) in all, first at \(ClockText.moment(bad[0].start))."
        var drawing = Drawing(id: "steady", title: "Steady state", explanation: explanation)
        backdrop.drawBands(&drawing)
        for stretch in stretches {
            drawing.area(
                from: backdrop.axis.x(stretch.start), to: backdrop.axis.x(stretch.end),
                top: stretch.holds ? 40 : 18, height: stretch.holds ? 20 : 64,
                style: stretch.holds ? "held" : "broken",
                title: "\(stretch.holds ? "holds" : "does not hold") "
                    + "\(ClockText.moment(stretch.start)) to \(ClockText.moment(stretch.end))")
        }
        return drawing.svg
    }
}
