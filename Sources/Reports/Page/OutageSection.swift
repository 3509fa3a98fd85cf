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

    /// When which server's door was shut, and how, as a lane for each server.
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
            return .init(doorName: target, doorDrawing: drawing.svg)
        }
    }
}
