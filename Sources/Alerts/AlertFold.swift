import Events
import Scenarios

/// Tries rules on the events of a run, live or afterwards: what fired when, and what that was worth.
public struct AlertFold {
    private var watch: AlertWatch
    private var begin: Double?
    private var due: [String: Double] = [:]
    private var faults: [String: Incidents.FaultTime] = [:]
    private var broken: [Double]?
    private var fired: [String: (text: String, times: [Double])] = [:]

    /// Seconds.
    private static let firstWindow = 1.0

    public init(_ rules: [AlertRule]) {
        watch = AlertWatch(rules)
    }

    /// - Returns: what this event made fire or cease.
    public mutating func take(_ event: RunEvent) -> [AlertChange] {
        switch event.kind {
        case .phase(let change):
            if change.phase == .baseline { begin = event.time }
            return []
        case .fault(let change):
            note(change, at: event.time)
            return []
        case .window(let window):
            if broken == nil { broken = [] }
            if !window.holds { broken?.append(event.time) }
            return []
        case .sample(let sample):
            // Samples look a second back: before that they are partly of the time in which nobody asked.
            guard let begin, event.time - begin >= AlertFold.firstWindow else { return [] }
            let changes = watch.take(sample.values, at: event.time, isUndisturbed: due.isEmpty && faults.isEmpty)
            for change in changes { note(change, at: event.time) }
            return changes
        default: return []
        }
    }

    private mutating func note(_ change: FaultChange, at time: Double) {
        switch change.state {
        case .due: due[change.id] = time
        case .injected: faults[change.id] = Incidents.FaultTime(id: change.id, due: due[change.id] ?? time)
        case .ended: faults[change.id]?.ended = time
        case .recovered: faults[change.id]?.recovery = change.recoverySeconds
        case .verified, .unverified, .failed, .neverDue: break
        }
    }

    /// Also for alerts of others, such as a Prometheus.
    public mutating func note(_ change: AlertChange, at time: Double) {
        guard change.state == .firing else { return }
        fired[change.rule, default: (change.detail, [])].times.append(time)
    }

    /// One for each rule and for each alert of others, and `any` for all rules together.
    /// - Parameter onTrial: alerts of others that count also where they never fired.
    public func scores(onTrial: [String] = []) -> [DetectionScore] {
        guard let begin else { return [] }
        let incidents = Incidents(Array(faults.values), broken: broken)
        // A rule about a metric that this run has not says nothing of it.
        let rules = watch.tried
        let own = Set(rules.map(\.id))
        var scores = rules.map { incidents.score($0.id, $0.text, alerts: fired[$0.id]?.times ?? [], from: begin) }
        let together = fired.filter { own.contains($0.key) }.flatMap(\.value.times)
        if !rules.isEmpty { scores.append(incidents.score("any", "any of these rules", alerts: together, from: begin)) }
        for name in Set(fired.keys).union(onTrial).subtracting(own).sorted() {
            let alerts = fired[name]
            scores.append(incidents.score(name, alerts?.text ?? name, alerts: alerts?.times ?? [], from: begin))
        }
        return scores
    }
}
