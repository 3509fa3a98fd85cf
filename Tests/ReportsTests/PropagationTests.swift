import Events
import Testing

@testable import Reports

@Suite struct PropagationTests {
    /// Samples a tenth of a second apart: 2 s of baseline, 4 s of run, 2 s of recovery.
    private func fold(_ value: (String, Double) -> Double?, _ names: [String]) -> [PropagatedSignal] {
        var fold = PropagationFold()
        var phase: PhaseChange.Phase?
        for tick in 0..<80 {
            let time = Double(tick) / 10
            let next: PhaseChange.Phase = time < 2 ? .baseline : time < 6 ? .run : .recovery
            if next != phase {
                phase = next
                fold.enter(next)
            }
            var values: [String: Double] = [:]
            for name in names { values[name] = value(name, time) }
            fold.take(Sample(values: values), at: time)
        }
        return fold.signals
    }

    /// The database goes, the pool fills up behind it, users notice; the latency stays.
    @Test func theOrderIsThatOfTheClock() throws {
        let signals = fold(
            { name, time in
                switch name {
                case "db.alive": time >= 3 && time < 4 ? 0 : 1
                case "pool.waiting": time >= 3.5 && time < 5 ? 9 : 1
                case "errors.rate": time >= 4 && time < 5.5 ? 0.6 : 0
                case "latency.p99": time >= 4.5 ? 3 : 0.1
                default: nil
                }
            }, ["db.alive", "pool.waiting", "errors.rate", "latency.p99"])
        #expect(signals.map(\.signal) == ["db.alive", "pool.waiting", "errors.rate", "latency.p99"])
        #expect(signals.map(\.since) == [3, 3.5, 4, 4.5])
        #expect(signals.map(\.until) == [4, 5, 5.5, nil])
        #expect(signals[0].usual == 1 && signals[0].worst == 0)
        func spread(_ values: Double...) throws -> PhaseLoad.Spread { try #require(PhaseLoad.Spread(values)) }
        let load = [
            PhaseLoad(phase: .baseline, samples: 2, metrics: ["service.attempts.perRequest": try spread(1, 1)]),
            PhaseLoad(phase: .run, samples: 2, metrics: ["service.attempts.perRequest": try spread(2, 3)]),
            PhaseLoad(phase: .recovery, samples: 2, metrics: [:]),
        ]
        let lines = PropagationWords(signals: signals, load: load).lines
        #expect(lines[0].contains("db.alive") && lines[0].contains("3.0s"))
        #expect(lines[1].contains("pool.waiting (+500 ms)"))
        #expect(lines[2] == "Attempts at the database for each request: 1 in the baseline; 2.5 in the run, 3 at most.")
        #expect(lines[3].contains("Not back at the end") && lines[3].contains("latency.p99"))
    }

    /// A run that ends with the first good window has not seen what comes back after it.
    @Test func whatFellAsTheRunEndedIsNotSaidToStay() {
        let signal = PropagatedSignal(signal: "latency.p99", usual: 0.1, worst: 2, since: 4, until: nil)
        let soon = PropagationWords(signals: [signal], load: [], watched: 2.1).lines
        #expect(soon.last == "The run ended too soon to tell whether these come back: latency.p99.")
        for watched in [3.5, nil] {
            let lines = PropagationWords(signals: [signal], load: [], watched: watched).lines
            #expect(lines.last?.hasPrefix("Not back at the end") == true)
        }
    }

    /// What PostgreSQL counts, over the requests sent in the same seconds: while the server is away neither counts.
    @Test func amplificationIsCountedAtTheServer() throws {
        var fold = ResultFold()
        var counted = 100.0
        func take(_ kind: RunEvent.Kind, at time: Double) { fold.take(RunEvent(time, kind)) }
        /// Ten requests a second.
        func sample(_ range: ClosedRange<Int>, transactions: Double) {
            for half in range {
                counted += transactions / 2
                take(
                    .sample(Sample(values: ["arrivals": 10, "db.transactions.counted": counted])),
                    at: Double(half) / 2)
            }
        }
        take(.phase(PhaseChange(.baseline)), at: 0)
        sample(1...10, transactions: 10)
        take(.phase(PhaseChange(.run)), at: 5.1)
        sample(11...16, transactions: 35)
        // Away, and back from zero.
        take(.sample(Sample(values: ["arrivals": 1000])), at: 9)
        counted = 0
        sample(22...30, transactions: 35)
        take(.phase(PhaseChange(.recovery)), at: 15.1)
        // Too short a time to tell.
        sample(31...34, transactions: 900)
        let result = fold.result()
        #expect(result.load.map(\.transactionsPerRequest) == [["db": 1], ["db": 3.5], nil])
        let signal = PropagatedSignal(signal: "db.alive", usual: 1, worst: 0, since: 4, until: 5)
        let lines = PropagationWords(signals: [signal], load: result.load).lines
        #expect(
            lines.contains("Transactions that reached db for each request: 1 in the baseline; 3.5 in the run."),
            "\(lines)")
    }

    /// One sample is chance, little above nothing is nothing, and twice what was usual is not yet unusual.
    @Test func aSoundRunHasNone() {
        let signals = fold(
            { name, time in
                switch name {
                case "errors.rate": time == 3 ? 0.5 : 0.01
                case "latency.p99": time >= 3 ? 0.9 : 0.5
                case "pool.waiting": time >= 3 ? 1 : 0
                case "db.alive": 1
                case "host.load1": time
                default: nil
                }
            }, ["errors.rate", "latency.p99", "pool.waiting", "db.alive", "host.load1"])
        #expect(signals.isEmpty, "\(signals)")
        #expect(PropagationWords(signals: [], load: []).lines.isEmpty)
    }
}
