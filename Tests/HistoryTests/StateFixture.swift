import Events
import Foundation
import Reports

/// A folder that is gone when the test is.
final class StateFixture: Sendable {
    let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("brink-history-\(UUID())").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var file: String { "\(folder)/history.sqlite" }

    func record(
        _ number: Int, scenario: String = "cache.down", domain: String? = "cache", verdict: Verdict? = .pass,
        figures: [String: Double] = ["recovery(kill)": 2.5, "phase(run, latency.p99)": 0.125]
    ) -> RunRecord {
        let start = RunStart(
            format: 1, run: "run-\(number)", scenario: scenario, why: "", seed: .max - UInt64(number),
            startedAt: "2026-11-\(number < 10 ? "0" : "")\(number)T07:00:00Z", brinkVersion: "0.1.0",
            environment: ["kernel": "6.12", "cpus": "2", "loadAverage": "0.\(number)"], phases: [:], faults: [],
            checks: [:], expectations: [:])
        var record = RunRecord(
            start,
            about: RunOrigin(
                domain: domain, category: "stable", tags: ["quick"], suite: "s", attempt: 2,
                weaknesses: ["no-reconnect"],
                profile: "shop", commit: "c0ffee", branch: "main"), folder: "/out/run-\(number)")
        record.verdict = verdict
        record.reason = verdict.map { "because \($0.rawValue)" }
        record.exitCode = verdict == nil ? nil : 0
        record.hostRestored = verdict == nil ? nil : true
        record.seconds = verdict == nil ? nil : 61.5
        record.figures = verdict == nil ? [:] : figures
        return record
    }
}
