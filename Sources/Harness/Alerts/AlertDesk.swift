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
    private var since: [String: Date] = [:]
    private var sending: Task<Void, Never>?
    /// Sinks that failed, so that each is complained of once.
    private var silent: Set<String> = []

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
        let start = change.state == .firing ? now : since[change.rule] ?? now
        since[change.rule] = change.state == .firing ? now : nil
        guard !sinks.isEmpty else { return }
        let notice = AlertSink.Notice(change: change, run: run, scenario: scenario, since: start, now: now)
        let before = sending
        // In their order, and beside the run: a receiver that hangs delays other alerts, never a fault.
        sending = Task {
            await before?.value
            for sink in sinks { await send(notice, to: sink) }
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

    /// Waits for what is still being sent.
    /// - Returns: what each rule was worth.
    func end() async -> [DetectionScore] {
        await sending?.value
        client.close()
        return fold.scores
    }
}
