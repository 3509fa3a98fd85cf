import Baselines
import Testing

/// How often the comparison raises a false alarm and how often it finds a slowdown, on simulated machines. Each prints
/// its seed and what it found.
@Suite struct ComparisonSimulationTests {
    private static let comparisons = 1_000

    @Test(arguments: [0, 0.03, 0.08]) func falseAlarmsAreRare(drift: Double) {
        var machine = SimulatedMachine(seed: 201)
        machine.drift = drift
        let rate = alarms("drift between runs \(drift)", &machine, seed: 201)
        #expect(rate < 0.06)
    }

    /// Drift that carries on from run to run hides from the spread of the runs.
    @Test(arguments: [0.03, 0.08]) func falseAlarmsAreRareWhenDriftCarriesOn(drift: Double) {
        var machine = SimulatedMachine(seed: 202)
        machine.drift = drift
        machine.carry = 0.6
        let rate = alarms("drift between runs \(drift), 0.6 of it carried on", &machine, seed: 202)
        #expect(rate < 0.06)
    }

    /// A shift between the collections is in no run: the floor alone stands against it, and with 44 metrics one of them is
    /// more easily beyond it than with a few.
    @Test func falseAlarmsAreRareWhenTheCollectionsDrift() {
        var machine = SimulatedMachine(seed: 203)
        machine.drift = 0.02
        machine.shift = 0.03
        let rate = alarms("drift between collections 0.03", &machine, seed: 203)
        #expect(rate < 0.08)
    }

    @Test func falseAlarmsAreRareWithANeighbourNowAndThen() {
        var machine = SimulatedMachine(seed: 204)
        machine.drift = 0.03
        machine.disturbed = 0.1
        let rate = alarms("drift 0.03, every tenth run disturbed", &machine, seed: 204)
        #expect(rate < 0.06)
    }

    /// Holm's correction alone, without a floor.
    @Test(arguments: [0, 0.03, 0.08]) func theCorrectionHoldsWithoutAFloor(drift: Double) {
        var machine = SimulatedMachine(seed: 205)
        machine.drift = drift
        let rule = ComparisonRule(practicalFloor: 0)
        let rate = alarms("no floor, drift \(drift)", &machine, rule, seed: 205)
        #expect(rate < 0.06)
    }

    /// The simulation can tell: without correction and floor most comparisons raise an alarm.
    @Test func withoutCorrectionAlarmsAreFrequent() {
        var machine = SimulatedMachine(seed: 206)
        let rule = ComparisonRule(practicalFloor: 0, correction: .none)
        let rate = alarms("no floor, no correction", &machine, rule, seed: 206)
        #expect(rate > 0.3)
    }

    /// What a comparison cannot know: a machine that is another one each time. Only noise that was measured over several
    /// collections helps.
    @Test func noiseBetweenCollectionsHasToBeMeasured() {
        var machine = SimulatedMachine(seed: 207)
        machine.shift = 0.08
        let unknown = alarms("drift between collections 0.08, not measured", &machine, seed: 207)
        #expect(unknown > 0.2)
        var raised = 0
        for _ in 0..<Self.comparisons {
            let earlier = (0..<5).map { _ in machine.collection()[0].values.reduce(0, +) / 10 }
            let noise = Reproducibility(earlier)?.noise
            let found = ComparisonRule().compare(machine.collection(noise: noise), with: machine.collection())
            if found.contains(where: { $0.verdict == .slower || $0.verdict == .faster }) { raised += 1 }
        }
        let known = Double(raised) / Double(Self.comparisons)
        print("simulation: drift between collections 0.08, measured over five: \(known * 100) % false alarms, seed 207")
        #expect(known < 0.09)
    }

    @Test(arguments: [0, 0.03]) func aSlowdownOfThirtyPercentIsFound(drift: Double) {
        var machine = SimulatedMachine(seed: 208)
        machine.drift = drift
        var found = 0
        for _ in 0..<Self.comparisons {
            let compared = ComparisonRule().compare(machine.collection(), with: machine.collection(slowdown: 1.3))
            if compared.first?.verdict == .slower { found += 1 }
        }
        let rate = Double(found) / Double(Self.comparisons)
        print("simulation: 30 % slower, drift \(drift): found in \(rate * 100) %, seed 208")
        #expect(rate >= 0.97)
    }

    private func alarms(
        _ what: String, _ machine: inout SimulatedMachine, _ rule: ComparisonRule = ComparisonRule(), seed: UInt64
    ) -> Double {
        var raised = 0
        for _ in 0..<Self.comparisons {
            let compared = rule.compare(machine.collection(), with: machine.collection())
            if compared.contains(where: { $0.verdict == .slower || $0.verdict == .faster }) { raised += 1 }
        }
        let rate = Double(raised) / Double(Self.comparisons)
        print("simulation: \(what): \(rate * 100) % false alarms, seed \(seed)")
        return rate
    }
}
