/// The exact changes made to the host and taken back, as the page shows them.
struct WriteRows {
    let rows: [PageContent.WriteRow]
    /// How many there are of each, in words.
    let count: String

    init(_ result: RunResult) {
        rows = result.writes.map { write in
            let isUndo = write.action == .undone
            return PageContent.WriteRow(
                writeTime: ClockText.moment(write.at), writeAction: isUndo ? "undone" : "made", writeOwner: write.owner,
                writeSubject: write.subject, writeFrom: WriteRows.shown(isUndo ? write.value : write.prior),
                writeTo: WriteRows.shown(isUndo ? write.prior : write.value), writeOutcome: write.outcome,
                writeMilliseconds: write.milliseconds.map { "\(MetricUnit.trim($0)) ms" } ?? "–")
        }
        let undone = result.writes.count { $0.action == .undone }
        count = "\(rows.count - undone) made, \(undone) undone"
    }

    /// A knob's value without the line feed that most end with, which would show as a symbol.
    private static func shown(_ value: String) -> String {
        var text = Substring(value)
        while text.last == "\n" { text.removeLast() }
        return text.isEmpty ? "–" : String(text)
    }
}
