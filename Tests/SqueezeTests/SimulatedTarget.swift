import Glibc
import SeededRandom

@testable import Squeeze

/// A target with a known brink, and a search that is played against it.
struct SimulatedTarget {
    let brink: Double
    let usage: Double
    /// Spread of the noise near the brink, as a share of it; 0 is a step function.
    var blur = 0.0
    /// Probability of an answer that has nothing to do with the value.
    var lapse = 0.0
    /// So many drains in a row fail before one succeeds.
    var drainsToRecover = 0
    /// Just after a recovery it holds with so much less, as a share of the brink: what it was given back lasts a window.
    var credit = 0.0
    /// A drop by more than a tenth fails for one window where it would hold, down from so much above the brink.
    var shock = 0.0
    /// Values between which it fails though it should not.
    var glitch: ClosedRange<Double>?
    /// The glitch is there for so many measurements only.
    var glitchLasts = Int.max
    /// Beyond this value the kernel kills.
    var wall: Double?

    /// How a search went.
    struct Course {
        let result: SqueezeResult
        let drains: Int
        let seconds: Double
    }

    /// Plays a search to its end. A measurement takes 7 s, a drain 6.
    func play(_ settings: SqueezeSettings, seed: UInt64) -> Course {
        var random = SeededGenerator(seed: seed)
        var search = SqueezeSearch(settings)
        var now = Duration.seconds(100)
        var drains = 0
        var glitchesLeft = glitchLasts
        var action = search.handle(.begin, at: now)
        while true {
            switch action {
            case .measure(let trial):
                now += .seconds(7)
                let outcome = outcome(of: trial, &random, &glitchesLeft)
                action = search.handle(.measured(outcome), at: now)
            case .drain:
                drains += 1
                now += .seconds(6)
                let hasRecovered = drainsToRecover == 0 || drains < drainsToRecover
                action = search.handle(.drained(hasRecovered: hasRecovered, seconds: 6), at: now)
            case .finish:
                let subject = SqueezeSubject(
                    target: "t", knob: "memory", fault: "memory.high", unit: .bytes, objective: "x < 1")
                return Course(result: search.result(of: subject), drains: drains, seconds: now / .seconds(1) - 100)
            }
        }
    }

    private func outcome(
        of trial: Trial, _ random: inout SeededGenerator, _ glitchesLeft: inout Int
    ) -> TrialOutcome {
        guard let value = trial.value else { return TrialOutcome(holds: true, burden: 0, usage: usage) }
        var brink = brink
        if trial.approach == .recovered { brink *= 1 - credit }
        if trial.approach == .recovered || trial.approach == .unlimited || trial.purpose == .bracket {
            brink *= 1 + shock
        }
        if blur > 0 {
            // A logistic variate, by its quantile function.
            let share = Double.random(in: 0.0001..<0.9999, using: &random)
            brink *= 1 + blur * log(share / (1 - share))
        }
        var holds = value >= brink
        if let glitch, glitch.contains(value), glitchesLeft > 0 {
            glitchesLeft -= 1
            holds = false
        }
        if Double.random(in: 0..<1, using: &random) < lapse { holds.toggle() }
        let burden = holds ? min(max((brink * 1.5 / value - 0.5) * 0.9, 0), 0.99) : 1 + (brink - value) / brink
        return TrialOutcome(
            holds: holds, burden: burden, figures: ["x": burden],
            wall: wall.map { value <= $0 } == true ? "OOM kill" : nil, evidence: "seen")
    }
}
