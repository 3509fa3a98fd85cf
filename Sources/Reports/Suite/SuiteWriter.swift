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

    /// Writes `suite.json`, `junit.xml` and `summary.md`, each readable by its owner alone.
    /// - Throws: `ReportError`.
    public func write(_ result: SuiteResult, to folder: String) throws {
        func put(_ data: Data, _ name: String) throws { try PrivateFile(path: "\(folder)/\(name)").write(data) }
        try put(ReportWriter.json(result), SuiteWriter.resultFile)
        try put(Data(SuiteJUnit(result).text.utf8), ReportWriter.junitFile)
        try put(Data(SuiteSummary(result).text.utf8), ReportWriter.summaryFile)
    }
}
