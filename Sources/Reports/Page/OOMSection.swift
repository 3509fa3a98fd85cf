import Events

/// The part of the page that tells of OOM kills: who, whether it was meant to be, and the seconds before.
struct OOMSection {
    private let kills: [TimedOOMKill]

    /// More than these say nothing new.
    private static let rowLimit = 50

    init(_ kills: [TimedOOMKill]) {
        self.kills = kills
    }

    var content: PageContent.OOM {
        let hidden = kills.count - OOMSection.rowLimit
        return PageContent.OOM(
            oomSummary: summary, oomRows: kills.prefix(OOMSection.rowLimit).map(row),
            oomHidden: hidden > 0 ? "and \(hidden) more" : nil,
            oomLeads: kills.filter { $0.kill.lead != nil }.enumerated().compactMap(lead))
    }

    /// How many there were of each kind, worst first.
    private var summary: String {
        let words: [(OOMKill.Role, String)] = [
            (.bystander, "of bystanders"), (.unknown, "of processes unknown"), (.intended, "of intended victims"),
            (.stressor, "of Brink's own stressors"),
        ]
        let parts = words.compactMap { role, text in
            let count = kills.count { $0.kill.role == role }
            return count > 0 ? "\(count) \(text)" : nil
        }
        return "The kernel killed for want of memory: \(parts.joined(separator: ", "))."
    }

    private func row(_ timed: TimedOOMKill) -> PageContent.OOMRow {
        let kill = timed.kill
        let (name, face) =
            switch kill.role {
            case .intended: ("intended", VerdictFace(.pass))
            case .bystander: ("bystander", VerdictFace(.fail))
            case .stressor: ("stressor", VerdictFace(.pass))
            case .unknown: ("unknown", VerdictFace(.inconclusive))
            }
        let sizes = [("anonymous", kill.victim?.anonymousBytes), ("file", kill.victim?.fileBytes)]
            .compactMap { name, bytes in bytes.map { "\(MetricUnit.bytes.text(Double($0))) \(name)" } }
        let events = kill.events.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        return .init(
            oomTime: ClockText.moment(timed.at), oomStyle: face.style, oomSymbol: face.symbol, oomRole: name,
            oomVictim: kill.victim.map { "\($0.name) (pid \($0.pid))" } ?? "not in the kernel's log",
            oomPlace: [kill.target, kill.victim?.cgroup].compactMap(\.self).joined(separator: ", "),
            oomLimit: kill.limitedBy ?? (kill.victim == nil ? "unknown" : "the machine"),
            oomSizes: sizes.joined(separator: ", "),
            oomEvents: events.map { "\($0.key) +\($0.value)" }.joined(separator: ", "),
            oomFaults: timed.during.joined(separator: ", "))
    }

    // MARK: The seconds before

    private func lead(_ index: Int, _ timed: TimedOOMKill) -> PageContent.OOMLead? {
        guard let lead = timed.kill.lead, let first = lead.times.first, first < 0 else { return nil }
        // Whole seconds, so that the kill is at a tick: the right edge.
        let axis = TimeAxis(duration: (-first).rounded(.up))
        let backdrop = Backdrop(axis: axis, phases: [], faults: [])
        let charts = OOMSection.charts.enumerated().compactMap { number, one -> PageContent.CurveRow? in
            let series = one.series.enumerated().compactMap { color, entry -> Series? in
                guard let values = lead.series[entry.metric] else { return nil }
                let points = zip(lead.times, values).compactMap { time, value in
                    value.map { Series.Point(time: axis.span + time, value: $0) }
                }
                return points.isEmpty ? nil : Series(name: entry.name, color: color + 1, points: points)
            }
            guard !series.isEmpty else { return nil }
            let chart = Chart(
                id: "oom-\(index + 1)-\(number + 1)", title: one.title, unit: one.unit, series: series, thresholds: [])
            let scale = chart.scale()
            return .init(
                curveTitle: one.title, curveNote: series.count > 1 ? nil : one.note,
                curveDrawing: chart.svg(backdrop, scale: scale), curveTicks: chart.tickLabels(scale),
                curveLegend: series.count > 1 ? chart.legend(scale) : [])
        }
        guard !charts.isEmpty else { return nil }
        return .init(
            leadTitle: "Before the kill at \(ClockText.moment(timed.at))",
            leadNote: "\(lead.times.count) readings of \(lead.target)", leadCharts: charts,
            leadTicks: axis.ticks.map { tick in
                let place = axis.percent(axis.span - tick.seconds)
                return .init(
                    axisPlace: MetricUnit.trim(place), axisText: tick.seconds == 0 ? "kill" : "−\(tick.label)",
                    isMinor: tick.isMinor)
            })
    }

    private static let charts:
        [(title: String, note: String?, unit: MetricUnit, series: [(name: String, metric: String)])] = [
            (
                "Memory", nil, .bytes,
                [("charged", "current"), ("anon", "anon"), ("file", "file"), ("swapped", "swap")]
            ),
            ("Refaults", "pages read in again, a second", .perSecond, [("refaults", "refaults")]),
            ("Memory pressure", nil, .fraction, [("some", "pressure.some"), ("full", "pressure.full")]),
        ]
}
