import Events

/// The part of the page that tells of servers which took no connections: a lane on the time axis, figures of each
/// outage, and the server's own words beside.
struct OutageSection {
    let outages: [Outage]
    let lines: [ServerLogLine]
    let faults: [FaultResult]

    /// More than these say nothing new.
    private static let rowLimit = 50
    private static let lineLimit = 200

    var content: PageContent.Outages {
        let hidden = outages.count - OutageSection.rowLimit
        return PageContent.Outages(
            outageSummary: OutageSummary(outages).text, outageRows: outages.prefix(OutageSection.rowLimit).map(row),
            outageHidden: hidden > 0 ? "and \(hidden) more" : nil,
            logLines: lines.prefix(OutageSection.lineLimit).map {
                .init(
                    logTime: ClockText.moment($0.at), logTarget: $0.target, logSeverity: $0.severity, logText: $0.text)
            })
    }

    private func row(_ outage: Outage) -> PageContent.OutageRow {
        let words = OutageWords(outage)
        let recovery = faults.first { $0.id == outage.fault }.map { FaultWords($0).recovery } ?? "–"
        return .init(
            outageTime: ClockText.moment(outage.start), outageTarget: outage.target, outageFault: outage.fault ?? "–",
            outageNotice: outage.secondsToNotice.map { ClockText.length($0) } ?? "–",
            outageLength: outage.isOver ? ClockText.length(outage.seconds) : "to the end", outageCourse: words.course,
            outageReplayed: words.replayed, outageLost: "\(outage.failedInFlight)",
            outageUnknown: "\(outage.unknownWrites)", outageStorm: words.storm, outageRecovery: recovery)
    }

    /// When which server's door was shut, and how, as a lane for each server: after it how many clients came back in each
    /// tenth of a second, and below it a mark for each line of the server's log.
    func lanes(_ backdrop: Backdrop) -> [PageContent.DoorLane] {
        Set(outages.map(\.target)).sorted().enumerated().map { index, target in
            let own = outages.filter { $0.target == target }
            var drawing = Drawing(
                id: "door-\(index + 1)", title: "Connections to \(target)", explanation: OutageSummary(own).text)
            backdrop.drawBands(&drawing)
            for stretch in own.flatMap(\.stretches) {
                drawing.area(
                    from: backdrop.axis.x(stretch.start), to: backdrop.axis.x(stretch.end), top: 18, height: 64,
                    style: stretch.door == .hanging ? "door-hung" : "broken",
                    title: "\(OutageWords.name(of: stretch.door)) \(ClockText.moment(stretch.start)) to "
                        + "\(ClockText.moment(stretch.end))")
            }
            for outage in own { draw(stormAfter: outage, backdrop.axis, into: &drawing) }
            for line in lines.prefix(OutageSection.lineLimit) where line.target == target {
                let place = backdrop.axis.x(line.at)
                drawing.area(
                    from: place - 1, to: place + 1, top: 86, height: 14, style: "log-mark",
                    title: "\(ClockText.moment(line.at)) \(line.severity): \(line.text)")
            }
            return .init(doorName: target, doorDrawing: drawing.svg)
        }
    }

    /// The shape of a reconnect storm: bars as high as its share of the busiest tenth of a second.
    private func draw(stormAfter outage: Outage, _ axis: TimeAxis, into drawing: inout Drawing) {
        guard let most = outage.arrivals.max(), most > 0 else { return }
        for (index, count) in outage.arrivals.enumerated() where count > 0 {
            let start = outage.end + Double(index) / 10
            let height = 64 * Double(count) / Double(most)
            drawing.area(
                from: axis.x(start), to: max(axis.x(start + 0.1), axis.x(start) + 1), top: 82 - height, height: height,
                style: "storm", title: "\(count * 10) new connections a second at \(ClockText.moment(start))")
        }
    }
}
