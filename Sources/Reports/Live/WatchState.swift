import Events

/// What is to be seen of a run at a moment, folded from its events.
public struct WatchState: Sendable {
    public struct Fault: Hashable, Sendable {
        public let id: String
        public let kind: String
        public var state: FaultChange.State?
        public var injectedAt: Double?
        public var endedAt: Double?
        public var recovery: Double?
        public var detail = ""
    }

    /// A metric as it went, at even times, the latest last.
    public struct Curve: Hashable, Sendable {
        public fileprivate(set) var values: [Double?] = []
        public var latest: Double? { values.last ?? nil }
    }

    public private(set) var run = ""
    public private(set) var scenario = ""
    public private(set) var phase: PhaseChange.Phase?
    /// Seconds of the run.
    public private(set) var time = 0.0
    public private(set) var faults: [Fault] = []
    public private(set) var firing: [String] = []
    /// Whether the last window held; nil before the first.
    public private(set) var holds: Bool?
    public private(set) var failing: [String] = []
    public private(set) var expectations: [ExpectationResult] = []
    public private(set) var ledger: LedgerCount?
    public private(set) var ending: RunEnd?
    private var curves: [String: Curve] = [:]
    private var sampledAt: Double?

    /// As many as a wide terminal shows.
    private static let most = 400

    public init() {}

    public mutating func take(_ event: RunEvent) {
        time = max(time, event.time)
        switch event.kind {
        case .started(let start):
            run = start.run
            scenario = start.scenario
            faults = start.faults.map { Fault(id: $0.id, kind: $0.name) }
        case .phase(let change): phase = change.phase
        case .fault(let change): take(change, at: event.time)
        case .sample(let sample): take(sample, at: event.time)
        case .window(let window):
            holds = window.holds
            failing = window.failing
        case .alert(let change):
            firing.removeAll { $0 == change.rule }
            if change.state == .firing { firing.append(change.rule) }
        case .expectation(let result): expectations.append(result)
        case .ledger(let count): ledger = count
        case .ended(let end): ending = end
        default: break
        }
    }

    private mutating func take(_ change: FaultChange, at time: Double) {
        if !faults.contains(where: { $0.id == change.id }) { faults.append(Fault(id: change.id, kind: "")) }
        guard let index = faults.firstIndex(where: { $0.id == change.id }) else { return }
        faults[index].state = change.state
        if !change.detail.isEmpty { faults[index].detail = change.detail }
        switch change.state {
        case .injected: faults[index].injectedAt = time
        case .ended: faults[index].endedAt = time
        case .recovered: faults[index].recovery = change.recoverySeconds
        default: break
        }
    }

    private mutating func take(_ sample: Sample, at time: Double) {
        sampledAt = time
        // A metric that is missing leaves a hole, so that all curves have the same times.
        let length = curves.values.map(\.values.count).max() ?? 0
        for name in sample.values.keys where curves[name] == nil {
            curves[name] = Curve(values: Array(repeating: nil, count: length))
        }
        for name in curves.keys {
            let value = sample.values[name].flatMap { $0.isFinite ? $0 : nil }
            curves[name]?.values.append(value)
            if length + 1 > WatchState.most { curves[name]?.values.removeFirst() }
        }
    }

    public func curve(_ name: String) -> Curve? { curves[name] }

    /// Metrics whose names end so, by name.
    public func names(endingIn suffix: String) -> [String] { curves.keys.filter { $0.hasSuffix(suffix) }.sorted() }

    /// Faults that are injected and not taken back.
    public var active: [Fault] { faults.filter { $0.injectedAt != nil && $0.endedAt == nil && $0.state != .failed } }

    /// How it would come out if it ended now, in words.
    public var outlook: String {
        if let ending { return "\(ending.verdict.rawValue): \(ending.reason)" }
        if let broken = faults.first(where: { $0.state == .failed }) { return "error so far: \(broken.id) failed" }
        let failed = expectations.filter { $0.verdict == .fail }.map(\.id)
        if !failed.isEmpty { return "fail so far: \(failed.joined(separator: ", "))" }
        let unseen = faults.filter { $0.state == .unverified }.map(\.id)
        if !unseen.isEmpty { return "inconclusive so far: \(unseen.joined(separator: ", ")) not seen to take effect" }
        switch holds {
        case true?: return "steady"
        case false?: return "not steady: \(failing.joined(separator: ", "))"
        case nil: return "nothing to say yet"
        }
    }
}
