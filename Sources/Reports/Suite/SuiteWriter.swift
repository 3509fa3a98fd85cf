import Foundation

/// Writes the reports of a suite into its folder.
public struct SuiteWriter: Sendable {
    public static let resultFile = "suite.json"

    public init() {}

    /// The result of a run, from its folder; nil when there is none.
    public static func result(in folder: String) -> RunResult? {
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(ReportWriter.resultFile)") else {
            return nil
        }
        return try? JSONDecoder().decode(RunResult.self, from: data)
    }

    /// The result of a suite, from its folder.
    /// - Throws: `ReportError`.
    public static func suite(in folder: String) throws -> SuiteResult {
        let path = "\(folder)/\(resultFile)"
        do {
            return try JSONDecoder().decode(
                SuiteResult.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw ReportError(path: path, doing: "read", reason: "\(error.localizedDescription)")
        }
    }

    /// Whether a folder is a suite's.
    public static func isSuite(_ folder: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(folder)/\(resultFile)")
    }

    /// Writes `suite.json` alone: what a suite has come to so far.
    /// - Throws: `ReportError`.
    public func keep(_ result: SuiteResult, in folder: String) throws {
        try PrivateFile(path: "\(folder)/\(SuiteWriter.resultFile)").write(ReportWriter.json(result))
    }

    /// Writes `suite.json`, `junit.xml`, `summary.md` and `report.html`, each readable by its owner alone.
    /// - Throws: `ReportError`.
    public func write(_ result: SuiteResult, to folder: String) throws {
        func put(_ data: Data, _ name: String) throws { try PrivateFile(path: "\(folder)/\(name)").write(data) }
        try keep(result, in: folder)
        try put(Data(SuiteJUnit(result).text.utf8), ReportWriter.junitFile)
        try put(Data(SuiteSummary(result).text.utf8), ReportWriter.summaryFile)
        try put(Data(SuitePage(result, in: folder).html().utf8), ReportWriter.pageFile)
    }
}
