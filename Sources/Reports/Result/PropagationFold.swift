import Events

/// Follows the metrics that tell of a failure's way and finds which left what was usual, and when.
///
/// What is usual is the range seen in the baseline with room to spare: twice its most, and no less than a floor for each
/// kind of metric, so that noise around nothing counts for nothing. One sample beyond is chance; two in a row are a step.
struct PropagationFold {
    private struct Course {
        var usual: Double?
        var worst: Double?
        var since: Double?
        /// Of the first of samples beyond in a row.
        var beyondSince: Double?
        var within: Double?
    }

    /// What is followed of a metric.
    private enum Interest {
        case none
        /// Values above what was usual, and above a floor.
        case above(floor: Double)
        /// Values below what was usual.
        case below
    }

    private var courses: [String: Course] = [:]
    /// Of each metric that was met: an hour of samples has millions of names.
    private var interests: [String: Interest] = [:]
    private var phase: PhaseChange.Phase?

    /// Metrics by the end of their names, and the least that counts as more than usual.
    private static let floors: [(suffix: String, floor: Double)] = [
        ("latency.p99", 0.25), ("errors.rate", 0.02), ("pool.wait.p95", 0.1), ("pool.waiting", 2),
        // Not `pool.timeouts`, which only grows and so never comes back.
        ("service.errors.poolTimeout.perSecond", 1), ("connections.waiting", 1), ("pool.cl_waiting", 1),
        ("cpu.pressure.some.share", 0.5), ("memory.pressure.some.share", 0.2), ("io.pressure.some.share", 0.3),
        ("service.cache.bypassed.perSecond", 1), ("service.cache.loads.perSecond", 5),
        ("service.attempts.perRequest", 1.5),
    ]

    /// Of these it is the least that counts.
    private static let lowered = [".alive"]

    private static func interest(in name: String) -> Interest {
        if lowered.contains(where: { name.hasSuffix($0) }) { return .below }
        if name.hasPrefix("errors."), name.hasSuffix(".rate") { return .above(floor: 0.02) }
        if name.hasPrefix("harness.") || name.hasPrefix("host.") { return .none }
        let known = floors.first { name == $0.suffix || name.hasSuffix(".\($0.suffix)") }
        return known.map { .above(floor: $0.floor) } ?? .none
    }

    mutating func enter(_ phase: PhaseChange.Phase) {
        self.phase = phase
    }

    mutating func take(_ sample: Sample, at time: Double) {
        guard let phase, [.baseline, .run, .recovery].contains(phase) else { return }
        for (name, value) in sample.values where value.isFinite {
            switch interest(in: name) {
            case .none: continue
            case .below: follow(name, -value, limit: { $0 + 0.5 }, phase, time)
            case .above(let floor): follow(name, value, limit: { max(2 * $0, floor) }, phase, time)
            }
        }
    }

    private mutating func interest(in name: String) -> Interest {
        if let known = interests[name] { return known }
        let interest = PropagationFold.interest(in: name)
        interests[name] = interest
        return interest
    }

    private mutating func follow(
        _ name: String, _ value: Double, limit: (Double) -> Double, _ phase: PhaseChange.Phase, _ time: Double
    ) {
        var course = courses[name] ?? Course()
        defer { courses[name] = course }
        guard phase != .baseline else {
            course.usual = max(course.usual ?? value, value)
            return
        }
        // What was not there before has no usual value of its own.
        let usual = course.usual ?? 0
        guard value > limit(usual) else {
            course.beyondSince = nil
            course.within = course.within ?? time
            return
        }
        if let first = course.beyondSince {
            course.within = nil
            course.since = course.since ?? first
            course.worst = max(course.worst ?? value, value)
        } else {
            course.beyondSince = time
            if course.since != nil { course.worst = max(course.worst ?? value, value) }
        }
    }

    /// In the order in which they left what was usual.
    var signals: [PropagatedSignal] {
        courses.compactMap { name, course in
            guard let since = course.since, let worst = course.worst else { return nil }
            let sign: Double = PropagationFold.lowered.contains { name.hasSuffix($0) } ? -1 : 1
            return PropagatedSignal(
                signal: name, usual: sign * (course.usual ?? 0), worst: sign * worst, since: since,
                until: course.within)
        }.sorted { ($0.since, $0.signal) < ($1.since, $1.signal) }
    }
}
