import Alerts
import Events
import Scenarios
import Testing

/// Alerts measured by the times of faults.
struct IncidentsTests {
    private let incidents = Incidents([
        Incidents.FaultTime(id: "a", due: 10, ended: 14, recovery: 1),
        Incidents.FaultTime(id: "b", due: 12, ended: 13),
        Incidents.FaultTime(id: "c", due: 40, ended: 41, recovery: 20),
        Incidents.FaultTime(id: "d", due: 100),
    ])

    @Test func whatOverlapsIsOne() {
        let score = incidents.score("r", "text", alerts: [], from: 0)
        #expect(score.incidents.map(\.faults) == [["a", "b"], ["c"], ["d"]])
        #expect(score.recall == 0 && score.precision == nil && score.longestDelay == nil)
    }

    @Test func rightAndFalse() {
        // In setup, too early, right, in its grace, after it, in a long recovery, after that, while the last one lasts.
        let score = incidents.score("r", "text", alerts: [1, 9.9, 10.5, 18.9, 19.1, 60.9, 61.1, 500], from: 5)
        #expect(score.rightAlerts == 4 && score.falseAlarms == 3)
        #expect(score.incidents.map(\.delay) == [0.5, 20.9, 400])
        #expect(score.recall == 1)
        #expect(score.longestDelay == 400)
    }

    @Test func feltIsWhatBreaksTheSteadyState() {
        let faults = [Incidents.FaultTime(id: "a", due: 10, ended: 14), .init(id: "b", due: 40, ended: 41)]
        let score = Incidents(faults, broken: [13, 30]).score("r", "text", alerts: [12], from: 0)
        #expect(score.incidents.map(\.isFelt) == [true, false])
        #expect(score.felt.map(\.delay) == [2])
        #expect(Incidents(faults).score("r", "text", alerts: [], from: 0).incidents.map(\.isFelt) == [nil, nil])
    }

    /// Samples look a second back: the first ones see no load, and would teach that little is usual.
    @Test func theFirstSecondTeachesNothing() {
        var fold = AlertFold(BuiltInRules.rules(for: ["throughput"]))
        _ = fold.take(RunEvent(10, .phase(PhaseChange(.baseline))))
        var fired: [Double] = []
        for tick in 1...60 {
            let time = 10 + Double(tick) / 5
            let began: [Double] = [0, 0, 3, 5, 7]
            let value = tick <= began.count ? began[tick - 1] : time < 14 ? 8 + Double(tick % 3) : 0
            if tick == 20 { _ = fold.take(RunEvent(time, .fault(FaultChange(id: "f", state: .due)))) }
            let changes = fold.take(RunEvent(time, .sample(Sample(values: ["throughput": value]))))
            fired += changes.filter { $0.state == .firing }.map { _ in time }
        }
        #expect(fired.count == 1)
        #expect((14...16).contains(fired.first ?? 0), "\(fired)")
    }

    /// A server that is restarted is away while the fault is being injected, and back when that is done.
    @Test func theTruthBeginsWhenAFaultIsDue() throws {
        var fold = AlertFold(BuiltInRules.rules(for: ["errors.rate"]))
        _ = fold.take(RunEvent(1, .phase(PhaseChange(.baseline))))
        for tick in 11..<200 {
            let time = Double(tick) / 10
            if tick == 100 { _ = fold.take(RunEvent(time, .fault(FaultChange(id: "f", state: .due)))) }
            if tick == 120 {
                for state in [FaultChange.State.injected, .ended] {
                    _ = fold.take(RunEvent(time, .fault(FaultChange(id: "f", state: state))))
                }
            }
            let window = WindowVerdict(start: time - 1, end: time, holds: tick != 110, values: [:], failing: [])
            _ = fold.take(RunEvent(time, .window(window)))
            let errors = (102...115).contains(tick) ? 0.5 : 0
            _ = fold.take(RunEvent(time, .sample(Sample(values: ["errors.rate": errors]))))
        }
        let score = try #require(fold.scores().last)
        #expect(score.recall == 1 && score.precision == 1 && score.felt.count == 1, "\(score)")
    }

    /// The events of a run, from its services' start to its end.
    private func events(_ fault: ClosedRange<Double>, _ errors: (Double) -> Double) -> [RunEvent] {
        var events = [RunEvent(0.5, .sample(Sample(values: ["errors.rate": 1])))]
        events.append(RunEvent(1, .phase(PhaseChange(.baseline))))
        for tick in 11..<300 {
            let time = Double(tick) / 10
            if time == fault.lowerBound {
                events.append(RunEvent(time, .fault(FaultChange(id: "f", state: .injected))))
            }
            if time == fault.upperBound { events.append(RunEvent(time, .fault(FaultChange(id: "f", state: .ended)))) }
            events.append(RunEvent(time, .sample(Sample(values: ["errors.rate": errors(time)]))))
        }
        return events
    }

    @Test func aRunIsFollowed() throws {
        var fold = AlertFold(BuiltInRules.rules(for: ["errors.rate", "pool.waiting"]))
        var changes: [AlertChange] = []
        for event in events(10...14, { (10...14).contains($0) ? 0.5 : 0 }) { changes += fold.take(event) }
        #expect(changes.filter { $0.rule == "errors" }.map(\.state) == [.firing, .resolved])
        let scores = fold.scores()
        // There was no pool to look at.
        #expect(scores.map(\.rule) == ["errors", "error-budget", "any"])
        for score in scores {
            #expect(score.recall == 1 && score.precision == 1, "\(score)")
            #expect(try #require(score.longestDelay) <= 1, "\(score)")
        }
    }

    @Test func aFalseAlarmCounts() throws {
        var fold = AlertFold(BuiltInRules.rules(for: ["errors.rate"]))
        for event in events(20...22, { (10...14).contains($0) ? 0.5 : 0 }) { _ = fold.take(event) }
        let score = try #require(fold.scores().last)
        #expect(score.rule == "any" && score.recall == 0 && score.precision == 0)
        #expect(score.falseAlarms == 2)
    }

    @Test func alertsOfOthersAreMeasuredAlike() throws {
        var fold = AlertFold([])
        for event in events(10...14, { _ in 0 }) { _ = fold.take(event) }
        fold.note(AlertChange(rule: "prometheus/High", state: .firing, value: 1, detail: "High"), at: 11)
        fold.note(AlertChange(rule: "prometheus/High", state: .resolved, value: 1, detail: "High"), at: 15)
        #expect(fold.scores().map(\.rule) == ["prometheus/High"])
        #expect(fold.scores()[0].incidents == [DetectionScore.Incident(faults: ["f"], delay: 1)])
        // One that never fired has missed what was.
        let both = fold.scores(onTrial: ["prometheus/Silent", "prometheus/High"])
        #expect(both.map(\.rule) == ["prometheus/High", "prometheus/Silent"])
        #expect(both[1].recall == 0 && both[0].recall == 1)
    }

    @Test func manyRunsAddUp() throws {
        var tally = DetectionTally()
        for end in [14.0, 16, 18] {
            var fold = AlertFold(BuiltInRules.rules(for: ["errors.rate"]))
            for event in events(10...end, { $0 > 10.3 && $0 < end && end > 15 ? 0.5 : 0 }) { _ = fold.take(event) }
            tally.take(fold.scores())
        }
        let row = try #require(tally.rows.first)
        #expect(row.rule == "any" && row.runs == 3 && row.incidents == 3 && row.detected == 2 && row.precision == 1)
        #expect(tally.text.hasPrefix("rule"))
    }
}
