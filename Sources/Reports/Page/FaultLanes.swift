import Events

/// The faults of a run, each as a bar on the time axis: full while injected, lighter until recovered, with a dot where
/// it was seen to take effect.
struct FaultLanes {
    struct Lane {
        let laneName: String
        let laneKind: String
        let laneDrawing: String
    }

    let backdrop: Backdrop
    let faults: [FaultResult]
    /// Until when a fault that did not recover is drawn, in seconds.
    let end: Double
    /// Begins the ids of the drawings, where a page has the faults of several runs.
    var prefix = ""

    var lanes: [Lane] {
        faults.enumerated().map { index, fault in
            Lane(
                laneName: fault.id, laneKind: FaultWords(fault).kind,
                laneDrawing: drawing(of: fault, id: "\(prefix)fault-\(index + 1)"))
        }
    }

    private func drawing(of fault: FaultResult, id: String) -> String {
        let axis = backdrop.axis
        var drawing = Drawing(id: id, title: "Fault \(fault.id)", explanation: FaultLanes.explanation(fault))
        backdrop.drawBands(&drawing)
        guard let injected = fault.injectedAt ?? fault.dueAt else { return drawing.svg }
        let ended = fault.endedAt ?? end
        if fault.endedAt != nil {
            let recovered = fault.recoveredAt ?? end
            drawing.area(
                from: axis.x(ended), to: axis.x(recovered), top: 30, height: 40,
                style: fault.recoveredAt == nil ? "unrecovered" : "recovering",
                title: fault.recoverySeconds.map { "recovered in \(ClockText.length($0))" } ?? "not recovered")
        }
        let style = fault.injectedAt == nil ? "missed" : "injected"
        drawing.area(
            from: axis.x(injected), to: axis.x(ended), top: 18, height: 64, style: style,
            title: "\(ClockText.moment(injected)) to \(ClockText.moment(ended))")
        // A fault of no length, such as a kill, still shows.
        drawing.verticalLine(at: axis.x(injected), top: 18, bottom: 82, style: "edge \(style)")
        if let verified = fault.verifiedAt {
            drawing.dot(x: axis.x(verified), y: 50, style: "seen-ring")
            drawing.dot(x: axis.x(verified), y: 50, style: "seen")
        }
        return drawing.svg
    }

    private static func explanation(_ fault: FaultResult) -> String {
        var parts = ["\(FaultWords(fault).kind), \(fault.schedule)."]
        if let time = fault.injectedAt { parts.append("Injected at \(ClockText.moment(time)).") }
        parts.append("Took effect: \(FaultWords(fault).effect).")
        if let time = fault.endedAt { parts.append("Ended at \(ClockText.moment(time)).") }
        parts.append("Recovery: \(FaultWords(fault).recovery).")
        return parts.joined(separator: " ")
    }
}
