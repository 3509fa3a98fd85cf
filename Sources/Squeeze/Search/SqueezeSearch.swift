/// Searches for the brink: the least value of a knob with which a target still meets its objective. Pure: it says what
/// to try next and is told what came of it; time comes with what it is told.
///
/// It goes down from what the target uses, by geometric steps, until the objective fails; then asks at the median of
/// what the brink can still be (see `ThresholdBelief`) until most of that is within the tolerance; then asks at both
/// ends of the tolerance until each has its majority and the brink lies between them with the confidence asked for. An
/// end that answers otherwise than it should moves the median away, so a wrong answer costs steps, not the result. After
/// every failure the limit is taken away until the objective holds again. What held just after such a recovery, and
/// what failed just after a steep drop, is looked at for a second window at once, and only that counts: the one may live
/// on what it was given back, the other may pay for the way down rather than for where it is.
public struct SqueezeSearch: Sendable {
    /// What to do next.
    public enum Action: Hashable, Sendable {
        /// Put the limit there, let the target settle, and look at one window.
        case measure(Trial)
        /// Take the limit away and wait until the objective holds for a whole window.
        case drain
        /// All is known that will be; see `result`.
        case finish
    }

    /// What happened.
    public enum Input: Hashable, Sendable {
        case begin
        case measured(TrialOutcome)
        case drained(hasRecovered: Bool, seconds: Double)
    }

    private enum Stage: Hashable {
        case reference, bracket, bisect, finished
    }

    public private(set) var steps: [SqueezeStep] = []
    public private(set) var outcome: SqueezeOutcome?
    /// What the target uses without a limit, once that is known.
    public private(set) var usage: Double?
    private var settings: SqueezeSettings
    private var stage = Stage.reference
    /// Nil until the bracket is known.
    private var belief: ThresholdBelief?
    private var tally = VoteTally()
    private var current: Trial?
    /// The value last measured, and whether the limit was taken away since.
    private var last: Double?
    private var hasDrained = false
    private var reference = VoteTally.Votes()
    private var bracket = Bracket()
    private var unjudged = 0
    private var startedAt: Duration = .zero
    private var elapsed: Duration = .zero

    /// How far the bracket has come: the value that is being asked at and the ends found so far.
    private struct Bracket {
        var value = 0.0
        var held: Double?
        var failed: Double?
    }

    /// So many windows in a row that cannot be judged end the search.
    private static let patience = 3

    public init(_ settings: SqueezeSettings) {
        self.settings = settings
    }

    /// Takes what happened and says what to do next.
    /// - Parameter now: on any clock that goes forward.
    public mutating func handle(_ input: Input, at now: Duration) -> Action {
        switch input {
        case .begin:
            startedAt = now
            return measure(nil, .reference)
        case .measured(let outcome):
            elapsed = now - startedAt
            return take(outcome)
        case .drained(let hasRecovered, let seconds):
            elapsed = now - startedAt
            hasDrained = true
            if let index = steps.indices.last { steps[index].drainSeconds = seconds }
            guard hasRecovered else { return finish(.noRecovery) }
            return next()
        }
    }

    // MARK: Answers

    private mutating func take(_ measured: TrialOutcome) -> Action {
        guard let trial = current else { return finish(.unmeasured) }
        let isProvisional = isProvisional(trial, measured)
        steps.append(
            SqueezeStep(
                number: steps.count + 1, unit: settings.unit, trial, measured,
                counts: measured.holds != nil && !isProvisional))
        last = trial.value
        hasDrained = false
        guard let holds = measured.holds else { return takeUnjudged(trial) }
        unjudged = 0
        if isProvisional { return measure(trial.value, .sustain) }
        guard let value = trial.value else { return takeReference(holds, usage: measured.usage) }
        tally.add(value, holds: holds)
        belief?.learn(value: value, holds: holds)
        if stage == .bracket { moveBracket() }
        guard stage != .finished else { return .finish }
        return holds ? next() : .drain
    }

    private mutating func takeUnjudged(_ trial: Trial) -> Action {
        unjudged += 1
        guard unjudged < Self.patience else { return finish(.unmeasured) }
        return trial.value == nil ? measure(nil, .reference) : .drain
    }

    private mutating func takeReference(_ holds: Bool, usage measured: Double?) -> Action {
        if holds { reference.holds += 1 } else { reference.fails += 1 }
        if let measured { usage = max(usage ?? 0, measured) }
        guard let majority = reference.majority(of: settings.repeats) else { return measure(nil, .reference) }
        guard majority else { return finish(.objectiveNeverHeld) }
        guard let usage, usage > 0 else { return finish(.nothingUsed) }
        bracket.value = settings.admissible(usage * settings.startFactor)
        stage = .bracket
        return next()
    }

    /// Whether what was measured may be owed to where the target comes from. A wall is never in doubt.
    private func isProvisional(_ trial: Trial, _ measured: TrialOutcome) -> Bool {
        guard let value = trial.value, let holds = measured.holds, measured.wall == nil, trial.purpose != .sustain
        else { return false }
        switch trial.approach {
        case .recovered: return true
        case .unlimited: return !holds
        // `last` is still the value before this one.
        case .descending: return !holds && (last ?? value) > value * (1 + 4 * settings.tolerance)
        case .ascending, .again: return false
        }
    }

    // MARK: What next

    private mutating func next() -> Action {
        if steps.count >= settings.maximumSteps || elapsed >= .seconds(settings.longestSeconds) {
            return finish(.outOfPatience)
        }
        switch stage {
        case .reference: return measure(nil, .reference)
        case .bracket: return measure(bracket.value, .bracket)
        case .bisect: return bisect()
        case .finished: return .finish
        }
    }

    /// Moves the bracket on. One answer is enough on the way, since failures here have been looked at twice and the
    /// belief forgives; the floor takes a majority.
    private mutating func moveBracket() {
        let value = bracket.value
        let votes = tally.votes(from: value, through: value)
        let majority = votes.majority(of: settings.repeats)
        if votes.fails > 0, majority != true {
            bracket.failed = value
            if bracket.held != nil { return beginBisection() }
            guard value < settings.ceiling else { return end(.failsAtCeiling) }
            bracket.value = settings.admissible(min(value / settings.shrink, settings.ceiling))
        } else {
            let floor = settings.admissible(settings.floor)
            if value <= floor {
                if majority == true { end(.neverFailed) }
                return
            }
            bracket.held = value
            if bracket.failed != nil { return beginBisection() }
            let lower = settings.admissible(value * settings.shrink)
            bracket.value = lower < value ? lower : settings.admissible(value - settings.granularity)
        }
    }

    /// Both ends are known: all answers so far are taken up into a belief that is centred between them.
    private mutating func beginBisection() {
        guard let held = bracket.held, let failed = bracket.failed, failed < held else { return end(.unmeasured) }
        var belief = ThresholdBelief(
            range: settings.floor...settings.ceiling, bracket: failed...held, resolution: settings.tolerance / 6)
        for (value, votes) in tally.all {
            for _ in 0..<votes.holds { belief.learn(value: value, holds: true) }
            for _ in 0..<votes.fails { belief.learn(value: value, holds: false) }
        }
        self.belief = belief
        stage = .bisect
    }

    private mutating func bisect() -> Action {
        guard let belief else { return finish(.unmeasured) }
        // Never more than one step of the bracket below what has held: a target may not survive a dive.
        let deepest = (tally.leastHeld ?? settings.ceiling) * settings.shrink
        let middle = max(belief.quantile(0.5), deepest)
        let (low, high) = ends(around: middle)
        guard isNarrow(belief, low, high) else {
            return measure(settings.admissible(middle), .bisect)
        }
        // What held below an end speaks for it as well, and what failed above.
        let upper = tally.votes(from: middle, through: high * (1 + settings.tolerance))
        if upper.majority(of: settings.repeats) != true { return measure(high, .confirm) }
        let lower = tally.votes(from: low * (1 - settings.tolerance), through: middle)
        // The two are one only at the floor, below which nothing can be tried.
        if low < high, lower.majority(of: settings.repeats) != false { return measure(low, .confirm) }
        guard belief.probability(from: low, to: high) < settings.confidence else { return finish(.found) }
        let above = belief.probability(from: high, to: settings.ceiling)
        let below = belief.probability(from: settings.floor, to: low)
        return measure(above >= below ? high : low, .confirm)
    }

    /// The ends of the tolerance around a value, as values that the knob can take: the outermost within it, or else the
    /// neighbours on both sides.
    private func ends(around middle: Double) -> (low: Double, high: Double) {
        let inner = (settings.rounded(up: middle), settings.rounded(up: middle) - settings.granularity)
        let high = max(settings.rounded(down: middle * (1 + settings.tolerance)), inner.0)
        let low = min(settings.rounded(up: middle * (1 - settings.tolerance)), inner.1)
        return (settings.admissible(low), settings.admissible(high))
    }

    /// Whether half of what the brink can be is so near that the ends of the tolerance are the next to be asked.
    private func isNarrow(_ belief: ThresholdBelief, _ low: Double, _ high: Double) -> Bool {
        let quarter = belief.quantile(0.25)
        let rest = belief.quantile(0.75)
        // Between neighbours there is no value left to ask at.
        if high - low <= settings.granularity * 1.001 { return quarter >= low && rest <= high }
        return rest - quarter <= (high - low) / 2
    }

    private mutating func measure(_ value: Double?, _ purpose: Trial.Purpose) -> Action {
        let approach: Trial.Approach
        switch (value, last) {
        case (nil, _), (_, nil): approach = .unlimited
        case (let value?, let last?):
            approach =
                hasDrained ? .recovered : value == last ? .again : value < last ? .descending : .ascending
        }
        let trial = Trial(value: value, purpose: purpose, approach: approach)
        current = trial
        return .measure(trial)
    }

    private mutating func finish(_ outcome: SqueezeOutcome) -> Action {
        end(outcome)
        return .finish
    }

    private mutating func end(_ outcome: SqueezeOutcome) {
        stage = .finished
        self.outcome = outcome
    }

    // MARK: Result

    /// What is known by now.
    /// - Parameter subject: what was squeezed and to which end.
    public func result(of subject: SqueezeSubject) -> SqueezeResult {
        let curve = SqueezeCurve(steps)
        let outcome = outcome ?? .interrupted
        var result = SqueezeResult(
            subject: subject, settings: settings, outcome: outcome, usage: usage, levels: curve.levels, steps: steps,
            seconds: elapsed.inSeconds)
        result.held = tally.leastHeld
        result.failed = tally.greatestFailed(below: tally.leastHeld ?? .infinity)
        if outcome == .found || outcome == .outOfPatience || outcome == .interrupted || outcome == .noRecovery {
            result.brink = belief.map { estimate($0, outcome) }
        }
        result.knee = curve.knee(brink: result.brink?.high ?? .infinity)
        result.wall = curve.wall
        result.recommended = recommended(result)
        return result
    }

    /// The brink with the interval it lies in. Found, its probability is at least the confidence asked for; else the
    /// interval is as wide as it has to be for that.
    private func estimate(_ belief: ThresholdBelief, _ outcome: SqueezeOutcome) -> SqueezeResult.Estimate {
        let middle = belief.quantile(0.5)
        let tail = (1 - settings.confidence) / 2
        let (low, high) =
            outcome == .found ? ends(around: middle) : (belief.quantile(tail), belief.quantile(1 - tail))
        // Between neighbours the least value that holds is the upper one.
        let value = high - low <= settings.granularity * 1.001 ? high : settings.admissible(middle)
        return SqueezeResult.Estimate(
            value: value, low: low, high: high, confidence: belief.probability(from: low, to: high))
    }

    private func recommended(_ result: SqueezeResult) -> Double? {
        let base: Double
        switch result.outcome {
        case .found: base = result.brink?.high ?? 0
        case .neverFailed: base = result.held ?? 0
        default: return nil
        }
        guard base > 0 else { return nil }
        return settings.rounded(up: max(base * (1 + settings.headRoom), result.knee?.value ?? 0))
    }
}

extension Duration {
    fileprivate var inSeconds: Double { self / .seconds(1) }
}
