import Baselines
import Foundation
import Testing

@Suite struct BaselineTests {
    private static let metric = Metric("query.warm", .seconds, resolution: 50e-6, about: "A query.")

    /// Without a pattern from run to run.
    private static let jitter = [3.0, 1, 6, 4, 0, 5, 5, 2, 7, 2]

    private static func record(_ factor: Double = 1, runs: Int = 10) throws -> MetricRecord {
        var samples = MetricSamples(metric)
        for run in 0..<runs {
            let start = 0.01 + 0.0001 * jitter[run % jitter.count]
            samples.add((0..<21).map { request -> Double in factor * (start + 0.0001 * Double(request)) })
        }
        return try #require(samples.record(seed: 1))
    }

    private static func baseline(
        _ name: String, _ factor: Double = 1, environment: [String: String] = ["cpus": "2", "kernel": "6.1"]
    ) throws -> Baseline {
        Baseline(
            name: name, scenario: "bookshop", savedAt: "2026-11-30T10:00:00Z", seconds: 61,
            settings: CollectionSettings(), environment: environment, metrics: [try record(factor)],
            notMeasured: [MissingMetric("pressure.service.cpu", reason: "no cgroup")])
    }

    @Test func aRecordSaysWhatTheRunsCameTo() throws {
        let record = try Self.record()
        #expect(record.runs.count == 10)
        #expect(record.runs.allSatisfy { $0.count == 21 })
        #expect(abs(record.runs[0].median - 0.0113) < 1e-12)
        let percentiles = try #require(record.percentiles)
        #expect(percentiles.p50 < percentiles.p95 && percentiles.p95 < percentiles.p99)
        #expect(record.studentT.map(\.level) == [0.95, 0.99])
        #expect(record.bootstrap.map(\.level) == [0.95, 0.99])
        #expect(record.studentT.allSatisfy { $0.contains(record.mean) })
        #expect(record.bootstrap.allSatisfy { $0.contains(record.mean) })
        #expect(record.outliers.isEmpty)
        #expect(record.autocorrelation != nil)
    }

    @Test func anOutlierIsToldAndCounted() throws {
        var samples = MetricSamples(Self.metric)
        for run in 0..<10 {
            let value = run == 4 ? 0.1 : 0.01 + 0.0001 * Double(run)
            samples.add(RunPoint(median: value, mean: value, count: 1))
        }
        let record = try #require(samples.record(seed: 1))
        #expect(record.outliers == [4])
        #expect(record.maximum == 0.1)
        #expect(record.mean > 0.019)
    }

    @Test func runsThatDriftAreTold() throws {
        var samples = MetricSamples(Self.metric)
        for run in 0..<12 { samples.add([0.01 + 0.001 * Double(run)]) }
        #expect(try #require(samples.record(seed: 1)).drifts)
        #expect(try !Self.record().drifts)
    }

    @Test func aMetricWithoutRunsHasNoRecord() {
        var samples = MetricSamples(Self.metric)
        samples.add([])
        #expect(samples.record(seed: 1) == nil)
    }

    @Test func itIsReadAsItWasWritten() throws {
        let baseline = try Self.baseline("a")
        let data = try JSONEncoder().encode(baseline)
        #expect(try JSONDecoder().decode(Baseline.self, from: data) == baseline)
        #expect(baseline.format == Baseline.currentFormat)
    }

    @Test func theFingerprintIsOfWhatStays() {
        let machine = ["cpus": "2", "kernel": "6.1", "loadAverage": "0.1", "brink": "0.1.0"]
        var busy = machine
        busy["loadAverage"] = "7.0"
        busy["brink"] = "0.2.0"
        #expect(Fingerprint.of(machine) == Fingerprint.of(busy))
        var other = machine
        other["kernel"] = "6.12"
        #expect(Fingerprint.of(machine) != Fingerprint.of(other))
        #expect(Fingerprint.of(machine).utf8.count == 16)
        #expect(Fingerprint.differences(machine, other) == ["kernel: 6.1 before, 6.12 now"])
    }

    @Test func aSlowdownIsARegression() throws {
        let old = try Self.baseline("before")
        let same = BaselineComparison(old, with: try Self.baseline("after", 1.001))
        #expect(!same.isRegression)
        #expect(same.count(.same) == 1)
        let slower = BaselineComparison(old, with: try Self.baseline("after", 1.3))
        #expect(slower.isRegression)
        #expect(slower.lines.contains { $0.contains("query.warm") && $0.contains("+30.0 %") && $0.hasSuffix("slower") })
    }

    @Test func anotherMachineWarnsAndNeverGates() throws {
        let old = try Self.baseline("before")
        let new = try Self.baseline("after", 1.3, environment: ["cpus": "8", "kernel": "6.1"])
        let compared = BaselineComparison(old, with: new)
        #expect(compared.count(.slower) == 1)
        #expect(!compared.isRegression)
        #expect(compared.lines.contains { $0.hasPrefix("warning: before was measured on another machine: cpus: 2") })
    }

    @Test func theTextHasEveryMetricAndWhatIsMissing() throws {
        let lines = BaselineText(try Self.baseline("a")).lines
        #expect(lines.contains { $0.hasPrefix("query.warm") })
        #expect(lines.contains("not measured: pressure.service.cpu: no cgroup"))
        #expect(lines.contains { $0.contains("cpus 2, kernel 6.1") })
    }

    @Test(arguments: [
        (MetricUnit.seconds, 0.0123, "12.3 ms"), (.seconds, 0.0000061, "6.10 µs"), (.seconds, 0, "0.00 µs"),
        (.bytes, 73_400_320, "70.0 MiB"), (.bytes, 300, "300 B"), (.share, 0.025, "2.50 %"),
        (.perSecond, 1234.6, "1235/s"), (.count, -0.001, "0.00"), (.seconds, -0.0123, "-12.3 ms"),
    ])
    func figuresAreReadable(unit: MetricUnit, value: Double, text: String) {
        #expect(unit.text(value) == text)
    }
}
