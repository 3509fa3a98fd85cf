import Events

/// The figures of a run that are worth comparing over months.
struct RunFigures {
    /// By the names that conditions use, in base units.
    let values: [String: Double]

    init(_ result: RunResult) {
        // What the scenario itself looks at first: the rest has the same values or further ones.
        var values: [String: Double] = [:]
        for expectation in result.expectations { values.merge(expectation.values) { first, _ in first } }
        for fault in result.faults {
            if let seconds = fault.recoverySeconds { values["recovery(\(fault.id))"] = seconds }
        }
        for load in result.load {
            let phase = load.phase.rawValue
            func put(_ metric: String, _ value: Double?) {
                guard let value, value.isFinite else { return }
                // What an expectation was judged by is not said again otherwise.
                let name = "phase(\(phase), \(metric))"
                values[name] = values[name] ?? value
            }
            for name in ["p50", "p95", "p99"] { put("latency.\(name)", load.latency(name)) }
            put("throughput", load.throughput(over: result.length(of: load.phase)))
            put("errors.rate", load.errorShare)
            // How often the service begins a transaction for each operation that needs one: 1 without retries.
            put("service.attempts.perRequest", load.metrics["service.attempts.perRequest"]?.mean)
            for (target, ratio) in load.transactionsPerRequest ?? [:] {
                put("\(target).transactions.perRequest", ratio)
            }
        }
        if let ledger = result.ledger { values["ledger.lost"] = Double(ledger.lost) }
        self.values = values.filter(\.value.isFinite)
    }
}
