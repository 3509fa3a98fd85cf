/// What a search found, in words.
extension SqueezeSubject.Unit {
    /// A value as people read it, with four significant digits: `412.3 MiB`, `0.83 CPUs`, `20`.
    public func text(_ value: Double) -> String {
        switch self {
        case .bytes: SqueezeSubject.Unit.binary(value)
        case .bytesPerSecond: "\(SqueezeSubject.Unit.binary(value))/s"
        case .cpus: "\(SqueezeSubject.Unit.significant(value)) CPUs"
        case .count: SqueezeSubject.Unit.significant(value)
        }
    }

    private static func binary(_ bytes: Double) -> String {
        for (size, name) in [(1_073_741_824.0, "GiB"), (1_048_576, "MiB"), (1024, "KiB")] where abs(bytes) >= size {
            return "\(significant(bytes / size)) \(name)"
        }
        return "\(significant(bytes)) B"
    }

    /// Four digits, or all before the point.
    static func significant(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        var scale = 1000.0
        for bound in [10.0, 100, 1000] where abs(value) >= bound { scale /= 10 }
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int64(rounded))" : "\(rounded)"
    }
}

extension SqueezeResult {
    /// The outcome in one line.
    public var summary: String {
        let unit = subject.unit
        switch outcome {
        case .found:
            guard let brink else { return "the brink was found" }
            return "\(subject.target) needs \(unit.text(brink.value)) of \(subject.knob)"
                + " (\(unit.text(brink.low)) to \(unit.text(brink.high)), \(SqueezeResult.percent(brink.confidence)))"
        case .neverFailed:
            return "the objective held down to the floor of \(unit.text(held ?? settings.floor)): no brink above that"
        case .failsAtCeiling:
            return "the objective fails even with \(unit.text(settings.ceiling)), the most that may be tried;"
                + " raise --ceiling"
        case .objectiveNeverHeld:
            return "the objective does not hold without any limit, so nothing was squeezed"
        case .nothingUsed:
            return "\(subject.target) uses no \(subject.knob) that could be taken away"
        case .unmeasured:
            let why = steps.last?.remark.map { ": \($0)" } ?? ""
            return "too little could be measured\(why)"
        case .outOfPatience:
            guard let brink else { return "the brink was not found within the time or steps allowed" }
            return "the brink lies between \(unit.text(brink.low)) and \(unit.text(brink.high))"
                + " (\(SqueezeResult.percent(brink.confidence))), not known better within the time or steps allowed"
        case .noRecovery:
            let value = steps.last?.value.map { unit.text($0) } ?? "a limit"
            return "the objective did not hold again after \(value) was taken back, so the search was stopped"
        case .interrupted:
            return "stopped before the brink was found"
        }
    }

    /// Everything there is to say, one fact a line.
    public var lines: [String] {
        let unit = subject.unit
        var lines = ["\(subject.target) \(subject.knob) (\(subject.fault)), objective \(subject.objective)", summary]
        if let usage { lines.append("unlimited:   \(unit.text(usage))") }
        if let knee {
            lines.append("knee:        \(unit.text(knee.value)) (\(unit.text(knee.low)) to \(unit.text(knee.high)))")
        }
        if let brink {
            lines.append(
                "brink:       \(unit.text(brink.value)) (\(unit.text(brink.low)) to \(unit.text(brink.high)), "
                    + "\(SqueezeResult.percent(brink.confidence)))")
        }
        if let held { lines.append("held:        \(unit.text(held)) at the least") }
        if let failed { lines.append("failed:      \(unit.text(failed)) at the most") }
        if let wall { lines.append("wall:        \(unit.text(wall.value)): \(wall.sign)") }
        if let recommended { lines.append("recommended: \(unit.text(recommended))") }
        let remembering = levels.filter(\.hasHysteresis).map { unit.text($0.value) }
        if !remembering.isEmpty {
            lines.append("hysteresis:  held or failed by where it came from at \(remembering.joined(separator: ", "))")
        }
        let startled = levels.filter { $0.fails > $0.holds && $0.value > brink?.high ?? .infinity }.map(\.value)
        if !startled.isEmpty {
            let values = startled.map { unit.text($0) }.joined(separator: ", ")
            lines.append("steep drops: failed at \(values), though less is enough when it comes gently")
        }
        let drains = steps.compactMap(\.drainSeconds)
        lines.append(
            "effort:      \(steps.count) steps, \(drains.count) drains, "
                + "\(SqueezeSubject.Unit.significant(seconds.rounded())) s")
        return lines
    }

    private static func percent(_ share: Double?) -> String {
        guard let share else { return "no confidence stated" }
        // Never rounded up to certainty.
        return "\(SqueezeSubject.Unit.significant((share * 1000).rounded(.down) / 10)) % sure"
    }
}

extension SqueezeStep {
    /// What came of it, in one line.
    public var line: String {
        let place = value.map { unit.text($0) } ?? "unlimited"
        let verdict =
            switch holds {
            case true?: counts ? "holds" : "holds, just after a recovery: once more"
            case false?: counts ? "fails" : "fails, just after a steep drop: once more"
            case nil: "not judged"
            }
        var parts = ["step \(number)", purpose.rawValue, place, verdict]
        if let burden { parts.append("burden \(SqueezeSubject.Unit.significant((burden * 100).rounded())) %") }
        if let wall { parts.append("WALL: \(wall)") }
        if let remark { parts.append(remark) }
        return parts.joined(separator: "  ")
    }
}

extension WorkingSetEstimate {
    /// What came of a round, in one line.
    public var line: String {
        let unit = SqueezeSubject.Unit.bytes
        let share = SqueezeSubject.Unit.significant((stalled * 10000).rounded() / 100)
        let parts = [
            "working set \(unit.text(value))", "now \(unit.text(current))", "stalled \(share) %",
            "came back \(unit.text(refaulted))", "taken \(unit.text(reclaimed))",
        ]
        return parts.joined(separator: "  ") + (isSteady ? "  steady" : "")
    }
}

extension TraceResult {
    /// Everything there is to say, one fact a line.
    public var lines: [String] {
        let unit = SqueezeSubject.Unit.bytes
        var lines: [String] = []
        if let workingSet {
            let range = "\(unit.text(workingSet.low)) to \(unit.text(workingSet.high))"
            lines.append("\(target) works with \(unit.text(workingSet.value)) (\(range) in the last rounds)")
        }
        lines.append(isSteady ? "steady" : "not steady: the last rounds differ, or the target would give still more")
        lines.append("at first:    \(unit.text(before))")
        lines.append(
            "effort:      \(estimates.count) rounds, \(SqueezeSubject.Unit.significant(seconds.rounded())) s,"
                + " \(unit.text(asked)) asked to be reclaimed")
        return lines
    }
}
