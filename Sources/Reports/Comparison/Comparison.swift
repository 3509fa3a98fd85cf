import Events

/// What differs between two runs: figures, verdicts, and what they were run on.
struct Comparison {
    let first: RunResult
    let second: RunResult

    var figures: [ComparedFigure] { recoveries + loads + steadiness + ledger + expectations }

    /// The differences in words, verdicts first.
    var sentences: [String] {
        var sentences: [String] = []
        let faces = (VerdictFace(first), VerdictFace(second))
        if faces.0.name != faces.1.name { sentences.append("A came out as \(faces.0.name), B as \(faces.1.name).") }
        sentences += changedExpectations + changedFaults
        sentences += figures.compactMap(\.sentence)
        return sentences
    }

    /// Why figures may differ for another reason than the service.
    var unlike: [String] {
        var unlike: [String] = []
        if first.scenario != second.scenario {
            unlike.append("The scenarios are two: \(first.scenario) in A, \(second.scenario) in B.")
        }
        if first.seed != second.seed { unlike.append("The seeds differ: \(first.seed) in A, \(second.seed) in B.") }
        if first.brinkVersion != second.brinkVersion {
            unlike.append("Brink is \(first.brinkVersion) in A, \(second.brinkVersion) in B.")
        }
        let keys = EnvironmentFingerprint.keys + ["memory", "weaknesses"]
        for key in keys where first.environment[key] != second.environment[key] {
            unlike.append(
                "\(key) is \(first.environment[key] ?? "unknown") in A, \(second.environment[key] ?? "unknown") in B.")
        }
        for (letter, result) in [("A", first), ("B", second)] where result.interrupted {
            unlike.append("\(letter) was interrupted at \(ClockText.moment(result.duration)).")
        }
        return unlike
    }

    private var changedExpectations: [String] {
        first.expectations.compactMap { expectation in
            guard let other = second.expectations.first(where: { $0.id == expectation.id }),
                other.verdict != expectation.verdict
            else { return nil }
            let words = (VerdictFace(expectation.verdict).name, VerdictFace(other.verdict).name)
            return "Expectation \(expectation.id) (\(expectation.that)): \(words.0) in A, \(words.1) in B."
        }
    }

    private var changedFaults: [String] {
        let faults = first.faults.compactMap { fault -> String? in
            guard let other = second.faults.first(where: { $0.id == fault.id }) else {
                return "Fault \(fault.id) is in A alone."
            }
            let words = (FaultWords(fault), FaultWords(other))
            if fault.verified != other.verified {
                return "Fault \(fault.id) took effect: \(words.0.effect) in A, \(words.1.effect) in B."
            }
            guard (fault.recoverySeconds == nil) != (other.recoverySeconds == nil) else { return nil }
            return "Recovery from \(fault.id): \(words.0.recovery) in A, \(words.1.recovery) in B."
        }
        let added = second.faults.filter { fault in !first.faults.contains { $0.id == fault.id } }
        return faults + added.map { "Fault \($0.id) is in B alone." }
    }

    private var recoveries: [ComparedFigure] {
        first.faults.compactMap { fault in
            guard let other = second.faults.first(where: { $0.id == fault.id }),
                fault.recoverySeconds != nil || other.recoverySeconds != nil
            else { return nil }
            // Steady windows begin with a sample, ten of them a second.
            return ComparedFigure(
                name: "Recovery from \(fault.id)", unit: .seconds, first: fault.recoverySeconds,
                second: other.recoverySeconds, moreIsWorse: true, least: 0.2)
        }
    }

    private var loads: [ComparedFigure] {
        [PhaseChange.Phase.baseline, .run, .recovery].flatMap { phase -> [ComparedFigure] in
            let loads = (first.load.first { $0.phase == phase }, second.load.first { $0.phase == phase })
            guard loads.0 != nil || loads.1 != nil else { return [] }
            func figure(
                _ name: String, _ unit: MetricUnit, _ least: Double, moreIsWorse: Bool?,
                _ value: (PhaseLoad) -> Double?
            ) -> ComparedFigure {
                ComparedFigure(
                    name: "\(name) in \(phase.rawValue)", unit: unit, first: loads.0.flatMap(value),
                    second: loads.1.flatMap(value), moreIsWorse: moreIsWorse, least: least)
            }
            func latency(_ name: String) -> ComparedFigure {
                figure(name, .seconds, 0.001, moreIsWorse: true) { load in
                    load.whole?.latency[name] ?? load.metrics["latency.\(name)"]?.median
                }
            }
            return [
                latency("p50"), latency("p95"), latency("p99"),
                figure("Errors", .fraction, 0.001, moreIsWorse: true, { $0.errorShare }),
                figure("Throughput", .perSecond, 0.5, moreIsWorse: false, { $0.metrics["throughput"]?.mean }),
                figure(
                    "Attempts for each operation", .count, 0.02, moreIsWorse: true,
                    { $0.metrics["service.attempts.perRequest"]?.mean }),
            ].filter { $0.first != nil || $0.second != nil }
        }
    }

    private var steadiness: [ComparedFigure] {
        [PhaseChange.Phase.baseline, .run, .recovery].compactMap { phase in
            func share(_ result: RunResult) -> Double? {
                result.steadyState.phases.first { $0.phase == phase }?.share
            }
            guard share(first) != nil || share(second) != nil else { return nil }
            return ComparedFigure(
                name: "Steady state held in \(phase.rawValue)", unit: .fraction, first: share(first),
                second: share(second), moreIsWorse: false, least: 0.01)
        }
    }

    private var ledger: [ComparedFigure] {
        guard let counts = (first.ledger ?? second.ledger).map({ _ in (first.ledger, second.ledger) }) else {
            return []
        }
        func figure(_ name: String, _ value: (LedgerCount) -> Int, moreIsWorse: Bool?) -> ComparedFigure {
            ComparedFigure(
                name: "Writes \(name)", unit: .count, first: counts.0.map { Double(value($0)) },
                second: counts.1.map { Double(value($0)) }, moreIsWorse: moreIsWorse, least: 0.5)
        }
        return [
            figure("acknowledged", \.acked, moreIsWorse: nil),
            figure("with unknown outcome", \.unknown, moreIsWorse: true),
            figure("lost", \.lost, moreIsWorse: true),
        ]
    }

    /// What expectations measured and nothing above tells.
    private var expectations: [ComparedFigure] {
        var seen: Set<String> = []
        return first.expectations.flatMap { expectation -> [ComparedFigure] in
            let other = second.expectations.first { $0.id == expectation.id }
            return expectation.values.sorted { $0.key < $1.key }.compactMap { name, value in
                guard !name.hasPrefix("recovery("), !name.hasPrefix("ledger."), seen.insert(name).inserted else {
                    return nil
                }
                let unit = MetricUnit(of: name)
                return ComparedFigure(
                    name: name, unit: unit, first: value, second: other?.values[name], moreIsWorse: nil,
                    least: unit == .count ? 0.5 : 0.001)
            }
        }
    }
}
