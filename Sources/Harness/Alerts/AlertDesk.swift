import Alerts
import Events
import Foundation
import PlainHTTP
import Scenarios

/// Tries a run's rules on what happens, as it happens, and tells those who want to know.
actor AlertDesk {
    private let run: String
    private let scenario: String
    private let sinks: [AlertSink]
    private let record: @Sendable (RunEvent.Kind) async -> Void
    private let client = PlainHTTPClient()
    private var fold: AlertFold
    /// What fires now, by its rule, and since when.
    private var firing: [String: (change: AlertChange, since: Date)] = [:]
    private var sending: Task<Void, Never>?
    /// Sinks that failed, so that each is complained of once.
    private var silent: Set<String> = []

    /// Whether what is still to be sent is given up.
    private var hasWaited = false

    /// How long the end of a run waits for receivers.
    private static let patience = Duration.seconds(5)

    /// - Parameter record: takes the events that the desk makes.
    init(
        _ scenario: Scenario, run: String, sinks: [AlertSink],
        record: @escaping @Sendable (RunEvent.Kind) async -> Void
    ) {
        self.run = run
        self.scenario = scenario.id
        self.sinks = sinks
        self.record = record
        let own = scenario.alerts.usesBuiltIn ? BuiltInRules.rules(for: MetricNames.all(of: scenario)) : []
        let named = Set(scenario.alerts.rules.map(\.id))
        fold = AlertFold(own.filter { !named.contains($0.id) } + scenario.alerts.rules)
    }

    func take(_ event: RunEvent) async {
        for change in fold.take(event) { await tell(change) }
    }

    /// Of somebody else's alerts, as they are found.
    func take(foreign change: AlertChange, at time: Double) async {
        fold.note(change, at: time)
        await record(.alert(change))
    }

    private func tell(_ change: AlertChange) async {
        await record(.alert(change))
        let now = Date()
        let start = change.state == .firing ? now : firing[change.rule]?.since ?? now
        firing[change.rule] = change.state == .firing ? (change, now) : nil
        send(AlertSink.Notice(change: change, run: run, scenario: scenario, since: start, now: now))
    }

    private func send(_ notice: AlertSink.Notice) {
        guard !sinks.isEmpty else { return }
        let before = sending
        // In their order, and beside the run: a receiver that hangs delays other alerts, never a fault.
        sending = Task {
            await before?.value
            for sink in sinks where !hasWaited { await send(notice, to: sink) }
        }
    }

    private func send(_ notice: AlertSink.Notice, to sink: AlertSink) async {
        do {
            try await sink.send(notice, over: client)
        } catch {
            guard silent.insert(sink.url).inserted else { return }
            await record(
                .message(
                    Message(.warning, "an alert could not be sent to \(sink.url): \(error); no more is said of it")))
        }
    }

    /// Tells that whatever still fires is over, for nobody will look on, and waits a little for what is being sent.
    /// - Parameter onTrial: alerts of others.
    /// - Returns: what each rule was worth.
    func end(onTrial: [String]) async -> [DetectionScore] {
        let now = Date()
        for (change, start) in firing.values.sorted(by: { $0.change.rule < $1.change.rule }) {
            var end = change
            end.state = .resolved
            send(AlertSink.Notice(change: end, run: run, scenario: scenario, since: start, now: now))
        }
        let limit = Task {
            try await Task.sleep(for: Self.patience)
            hasWaited = true
        }
        await sending?.value
        limit.cancel()
        client.close()
        return fold.scores(onTrial: onTrial)
    }
}
