import Events

/// The course of one run in one small drawing: its phases as bands, its faults as bars, full while injected and lighter
/// until recovered. The services' start and end are left out.
struct SuiteCourse {
    private static let rowLimit = 4

    private let start: Double
    private let axis: TimeAxis
    private let phases: [PhaseResult]
    private let faults: [FaultResult]

    /// Nil for a run that never began to be measured.
    init?(_ result: RunResult) {
        phases = result.phases.filter { [.baseline, .run, .recovery].contains($0.phase) }
        guard let first = phases.first, let last = phases.last, last.end > first.start else { return nil }
        start = first.start
        axis = TimeAxis(duration: last.end - first.start)
        faults = result.faults.filter { $0.injectedAt != nil }
    }

    /// - Parameter id: unique on the page.
    func svg(id: String) -> String {
        var drawing = Drawing(id: id, title: "Course", explanation: explanation)
        for phase in phases {
            drawing.area(from: x(phase.start), to: x(phase.end), style: "phase \(phase.phase.rawValue)")
        }
        // More would be too thin to be seen; the run's own page has them all.
        let shown = faults.prefix(SuiteCourse.rowLimit)
        let height = 80 / Double(max(shown.count, 1))
        for (index, fault) in shown.enumerated() {
            let top = 10 + height * Double(index)
            let injected = fault.injectedAt ?? start
            let end = start + axis.span
            let ended = fault.endedAt ?? end
            if fault.endedAt != nil {
                drawing.area(
                    from: x(ended), to: x(fault.recoveredAt ?? end), top: top + height * 0.2, height: height * 0.6,
                    style: fault.recoveredAt == nil ? "unrecovered" : "recovering")
            }
            drawing.area(
                from: x(injected), to: max(x(ended), x(injected) + 5), top: top + 1, height: height - 2,
                style: "injected")
        }
        return drawing.svg
    }

    private func x(_ seconds: Double) -> Double { axis.x(seconds - start) }

    private var explanation: String {
        let lengths = phases.map { "\($0.phase.rawValue) \(ClockText.length($0.end - $0.start))" }
        let courses = faults.map { fault in
            let from = ClockText.moment((fault.injectedAt ?? start) - start)
            let to = ClockText.moment(fault.endedAt.map { $0 - start })
            return "\(fault.id) from \(from) to \(to), recovery: \(FaultWords(fault).recovery)"
        }
        return ([lengths.joined(separator: ", ")] + courses).joined(separator: "; ") + "."
    }
}
