import Events

/// A run that is under way as text for Prometheus: the last value of every metric, the phase, and which faults are
/// injected, so that alerts on trial can be held against the truth in Prometheus itself.
public struct LiveMetrics {
    private let state: WatchState

    /// The media type of Prometheus' text format.
    public static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    public init(_ state: WatchState) {
        self.state = state
    }

    /// Nothing of a run that has not begun or is over: a value that is no longer measured must not stand on as if it
    /// were.
    public var text: String {
        guard !state.run.isEmpty, state.ending == nil else { return "" }
        var text = ""
        func family(_ name: String, _ help: String, _ lines: [(labels: [(String, String)], value: Double)]) {
            guard !lines.isEmpty else { return }
            text += "# HELP \(name) \(OpenMetricsLine.escape(help))\n# TYPE \(name) gauge\n"
            for line in lines {
                let labels = [("run", state.run), ("scenario", state.scenario)] + line.labels
                text +=
                    OpenMetricsLine(
                        name: name, labels: OpenMetricsLine.labels(labels.map { (name: $0.0, value: $0.1) }),
                        value: line.value
                    ).description
            }
        }
        family("brink_live_time_seconds", "Seconds since the run's start.", [([], state.time)])
        family(
            "brink_live_phase", "1 for the phase that the run is in.",
            PhaseChange.Phase.allCases.map { ([("phase", $0.rawValue)], state.phase == $0 ? 1 : 0) })
        let active = Set(state.active.map(\.id))
        family(
            "brink_live_fault_active", "1 while a fault is injected.",
            state.faults.map { ([("fault", $0.id), ("kind", $0.kind)], active.contains($0.id) ? 1 : 0) })
        let names = state.names(endingIn: "").map(SampleName.init).sorted()
        for (name, curves) in Dictionary(grouping: names, by: \.name).sorted(by: { $0.key < $1.key }) {
            family(
                name, "\(curves[0].metric) as conditions have it, in base units.",
                curves.compactMap { curve in
                    state.curve(curve.metric)?.latest.map { (curve.labels.map { ($0.name, $0.value) }, $0) }
                })
        }
        return text
    }
}
