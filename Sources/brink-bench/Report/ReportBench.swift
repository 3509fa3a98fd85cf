import Events
import Foundation
import LinuxSystem
import Reports

/// How long reports take and how big they are: of a suite of 150 scenarios that were measured for an hour in all, of
/// each of its runs, and of one run of an hour.
struct ReportBench {
    let place: String
    let runs: Int

    private static let scenarios = 150
    private static let hour = 3600.0

    func measure() throws -> [Figure] {
        let length = ReportBench.hour / Double(ReportBench.scenarios)
        let suite = "\(place)/suite"
        let label = "\(ReportBench.scenarios) scenarios, an hour of 10 Hz samples of \(SimulatedRun.metrics) metrics"
        let folders = try (1...ReportBench.scenarios).map { number in
            let id = "cache.simulated.\(number)"
            return try make(SimulatedRun(id: id, length: length), in: "\(suite)/\(id)/run")
        }
        try SuiteWriter().keep(result(folders), in: suite)
        // Each run makes its own reports when it ends; the suite's page needs their results.
        let each = try (0..<runs).map { _ in
            try folders.map { try seconds(of: $0) }.reduce(0, +)
        }
        let whole = try (0..<runs).map { _ in try seconds(of: suite) }
        let long = try make(SimulatedRun(id: "hour", length: ReportBench.hour), in: "\(place)/hour")
        let hour = try (0..<runs).map { _ in try seconds(of: long) }
        return [
            Figure("report", "suite: brink report", "s", label: label, whole),
            Figure("report", "suite: report.html", "KiB", label: label, [try size("\(suite)/report.html")]),
            Figure("report", "suite: reports of all its runs", "s", label: "one process each", each),
            Figure("report", "one run of an hour: brink report", "s", label: label, hour),
            Figure("report", "one run of an hour: events.jsonl", "KiB", [try size("\(long)/events.jsonl")]),
            Figure("report", "one run of an hour: report.html", "KiB", [try size("\(long)/report.html")]),
        ].compactMap(\.self)
    }

    private func make(_ run: SimulatedRun, in folder: String) throws -> String {
        try SystemFile.makeFolders(folder, mode: 0o700)
        try run.lines().write(to: URL(fileURLWithPath: "\(folder)/events.jsonl"))
        return folder
    }

    private func result(_ folders: [String]) throws -> SuiteResult {
        SuiteResult(
            startedAt: "2026-11-30T07:00:00Z", brinkVersion: "bench", lanes: 2, seconds: ReportBench.hour,
            interrupted: false, hostRestored: true, weaknesses: [],
            scenarios: try folders.enumerated().map { index, folder in
                let result = RunResult(events: try EventLog.read("\(folder)/events.jsonl"))
                return SuiteCase(
                    id: result.scenario, domain: ["cache", "network", "pool", "database"][index % 4],
                    category: "stable",
                    tags: [], faults: ["postgres.kill"],
                    attempts: [
                        SuiteCase.Attempt(
                            verdict: .pass, reason: result.reason ?? "", exitCode: 0, seconds: result.duration,
                            folder: folder, result: result)
                    ])
            })
    }

    /// Wall time of `brink report`, its start included.
    private func seconds(of folder: String) throws -> Double {
        let call = ToolCall(try BrinkRun.program("brink"), ["report", folder], timeLimit: .seconds(300))
        let start = MonotonicClock.now()
        let result = try call.run()
        guard result.end == .exited(0) else {
            throw BenchError("\(call.words) failed: \(String(decoding: result.errors, as: UTF8.self))")
        }
        return (MonotonicClock.now() - start) / .seconds(1)
    }

    private func size(_ path: String) throws -> Double {
        guard let size = SystemFile.size(of: path) else { throw BenchError("\(path) is missing") }
        return Double(size) / 1024
    }
}
