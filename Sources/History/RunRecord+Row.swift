import Events
import GRDB
import Reports

extension RunRecord {
    /// A row of the table `run` with the values of its figures.
    init(_ row: Row, figures: [String: Double]) throws {
        self.init(
            RunStart(
                format: 1, run: row["run"], scenario: row["scenario"], why: "",
                // As text: SQLite's integers have a sign.
                seed: UInt64(row["seed"] as String) ?? 0, startedAt: row["startedAt"],
                brinkVersion: row["brinkVersion"], environment: try JSONColumn.value(row["environment"]), phases: [:],
                faults: [], checks: [:], expectations: [:]),
            about: RunOrigin(
                domain: row["domain"], category: row["category"], tags: try JSONColumn.value(row["tags"]),
                suite: row["suite"], attempt: row["attempt"], weaknesses: try JSONColumn.value(row["weaknesses"]),
                profile: row["profile"], commit: row["gitCommit"], branch: row["gitBranch"]),
            folder: row["folder"])
        // As it was told then, whatever belongs to it now.
        fingerprint = row["fingerprint"]
        verdict = (row["verdict"] as String?).flatMap(Verdict.init(rawValue:))
        reason = row["reason"]
        exitCode = row["exitCode"]
        hostRestored = row["hostRestored"]
        seconds = row["seconds"]
        self.figures = figures
    }
}
