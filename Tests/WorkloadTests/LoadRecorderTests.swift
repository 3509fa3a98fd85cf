import Events
import Testing

@testable import Workload

@Suite struct LoadRecorderTests {
    /// Past the number up to which percentiles are exact, so by the histogram, to three significant digits.
    @Test(arguments: [4000, 4001, 20_000])
    func percentilesOfAPhase(_ count: Int) throws {
        let recorder = LoadRecorder()
        // 1 ms to `count` ms, one request each, in an order of no meaning.
        for index in 0..<count {
            let latency = Double(index * 7919 % count + 1) / 1000
            let time = 100 + Double(index) / Double(count)
            recorder.arrived(at: time - latency)
            recorder.finished(at: time, intended: time - latency, .success)
        }
        let figures = recorder.figures(of: .run, from: 100, to: 101)
        #expect(figures.requests == count)
        #expect(figures.errors.isEmpty)
        let whole = Double(count) / 1000
        for (name, share) in [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999), ("max", 1)] {
            let value = try #require(figures.latency[name])
            #expect(abs(value / (whole * share) - 1) < 0.002, "\(name): \(value)")
        }
        #expect(abs(try #require(figures.latency["mean"]) / (whole / 2) - 1) < 0.002)
    }

    /// On average over the stretch that is asked for, whatever is under way now.
    @Test func inFlightIsOfItsStretch() {
        let recorder = LoadRecorder()
        recorder.arrived(at: 1)
        recorder.arrived(at: 2)
        recorder.arrived(at: 3.5)
        recorder.finished(at: 2.5, intended: 2, .success)
        recorder.finished(at: 4, intended: 1, .success)
        recorder.finished(at: 4.5, intended: 3.5, .success)
        let expectations: [(Double, Double, Double)] = [
            (0, 1, 0), (1, 2, 1), (2, 3, 1.5), (3, 4, 1.5), (4, 5, 0.5), (1, 5, 1.125),
        ]
        for (from, to, expected) in expectations {
            let found = recorder.metrics(from: from, to: to)["inFlight"] ?? -1
            #expect(abs(found - expected) < 1e-9, "\(from) to \(to): \(found)")
        }
    }

    @Test func errorsAreCountedByClassAndSQLState() {
        let recorder = LoadRecorder()
        let outcomes: [RequestOutcome] = [
            .success, .failure(.sql, detail: "", sqlState: "57P01"), .failure(.sql, detail: "", sqlState: "57P01"),
            .failure(.sql, detail: ""), .failure(.refused, detail: ""), .failure(.timeout, detail: ""),
        ]
        for (index, outcome) in outcomes.enumerated() {
            recorder.arrived(at: Double(index))
            recorder.finished(at: Double(index) + 0.5, intended: Double(index), outcome)
        }
        let figures = recorder.figures(of: .run, from: 0, to: 10)
        #expect(figures.requests == 6)
        #expect(figures.errors == ["sql.57P01": 2, "sql": 1, "refused": 1, "timeout": 1])
        // A refusal is no answer, and what comes quickly is not fast.
        #expect(figures.latency["max"] == 0.5)
        let part = recorder.figures(of: .recovery, from: 5, to: 10)
        #expect(part.requests == 1)
        #expect(part.errors == ["timeout": 1])
        #expect(recorder.figures(of: .baseline, from: 20, to: 10).requests == 0)
    }
}
