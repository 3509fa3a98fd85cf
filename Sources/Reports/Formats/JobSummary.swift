/// Parts of Markdown as the summary of a CI job, no longer than what is taken: GitHub refuses a step's summary of more than
/// 1 MiB, and shows none of it.
struct JobSummary {
    /// In bytes, with room for what a job adds of its own.
    static let limit = 1_000_000

    let text: String

    /// - Parameter parts: those without text are left out.
    init(_ parts: [String]) {
        let whole = parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
        guard whole.utf8.count > JobSummary.limit else {
            text = whole
            return
        }
        let note = "\n\nCut here, for a job's summary takes no more; report.html has all of it.\n"
        let kept = whole.utf8.prefix(JobSummary.limit - note.utf8.count)
        // At the end of a line, so that neither a character nor a row of a table is cut in two.
        let end = kept.lastIndex(of: UInt8(ascii: "\n")) ?? kept.startIndex
        text = String(decoding: kept[..<end], as: UTF8.self) + note
    }
}
