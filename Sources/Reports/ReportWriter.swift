import Events
import Foundation

/// Writes all reports of a run into its folder.
public struct ReportWriter: Sendable {
    public static let resultFile = "result.json"
    /// What a squeeze found, and what a trace did; there only for such a run.
    public static let squeezeFile = "squeeze.json"
    public static let traceFile = "trace.json"
    public static let junitFile = "junit.xml"
    public static let pageFile = "report.html"
    public static let summaryFile = "summary.md"

    public init() {}

    /// Writes `result.json`, `junit.xml`, `summary.md` and `report.html`, each readable by its owner alone. Makes the
    /// folder when it is not there and replaces what earlier calls wrote.
    ///
    /// - Throws: `ReportError`.
    public func write(_ events: [RunEvent], to folder: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ReportError(path: folder, doing: "write", reason: error.localizedDescription)
        }
        let result = RunResult(events: events)
        let folderURL = URL(fileURLWithPath: folder, isDirectory: true)
        func put(_ data: Data, _ name: String) throws {
            try PrivateFile(path: folderURL.appendingPathComponent(name).path).write(data)
        }
        let findings = SqueezeFindings(events)
        if let found = findings.squeezed { try put(ReportWriter.json(found), ReportWriter.squeezeFile) }
        if let found = findings.traced { try put(ReportWriter.json(found), ReportWriter.traceFile) }
        // The page last: it is the biggest, and the others are whole even when it cannot be made.
        try put(ReportWriter.json(result), ReportWriter.resultFile)
        try put(Data(JUnitReport(result).text.utf8), ReportWriter.junitFile)
        let page = folderURL.appendingPathComponent(ReportWriter.pageFile).path
        try put(Data(MarkdownSummary(result, findings: findings.lines, page: page).text.utf8), ReportWriter.summaryFile)
        try put(Data(ReportPage(result, events: events).html().utf8), ReportWriter.pageFile)
    }

    /// The content of a result's file.
    static func json(_ result: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(result) + Data("\n".utf8)
    }
}
