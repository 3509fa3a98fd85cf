import Events

/// What lies behind every drawing: the phases as bands, the axis' moments as lines, and where faults began and ended.
struct Backdrop {
    let axis: TimeAxis
    let phases: [PhaseResult]
    let faults: [FaultResult]

    /// Bands alone, for lanes.
    func drawBands(_ drawing: inout Drawing) {
        for phase in phases {
            drawing.area(from: axis.x(phase.start), to: axis.x(phase.end), style: "phase \(phase.phase.rawValue)")
        }
        for tick in axis.ticks { drawing.verticalLine(at: axis.x(tick.seconds), style: "grid") }
    }

    /// Bands, and lines where faults began and ended, for charts.
    func drawAll(_ drawing: inout Drawing) {
        drawBands(&drawing)
        for fault in faults {
            if let injected = fault.injectedAt { drawing.verticalLine(at: axis.x(injected), style: "began") }
            if let ended = fault.endedAt, ended != fault.injectedAt {
                drawing.verticalLine(at: axis.x(ended), style: "ceased")
            }
        }
    }
}
