import Events
import Foundation
import LinuxSystem
import NIOCore
import PlainHTTP
import Scenarios

/// Looks at the alerts of a Prometheus while a run goes on: whether and when each fires.
actor PrometheusWatch {
    private let settings: Alerting.Prometheus
    private let start: Duration
    private let client = PlainHTTPClient()
    private var loop: Task<Void, Never>?
    /// Nil before the first look: what fired before the run says nothing about it.
    private var firing: Set<String>?
    /// Names of the alerts on trial, as far as they are known; nil before the first look.
    private var defined: Set<String>?
    private var isComplained = false

    /// - Parameter start: the run's zero.
    init(_ settings: Alerting.Prometheus, start: Duration) {
        self.settings = settings
        self.start = start
    }

    /// `GET /api/v1/alerts` (https://prometheus.io/docs/prometheus/latest/querying/api/#alerts).
    private struct Answer: Decodable {
        struct Body: Decodable {
            var alerts: [Alert]
        }

        struct Alert: Decodable {
            var labels: [String: String]
            var state: String
            var value: String
        }

        var data: Body
    }

    /// `GET /api/v1/rules?type=alert` (https://prometheus.io/docs/prometheus/latest/querying/api/#rules).
    private struct Rules: Decodable {
        struct Body: Decodable {
            var groups: [Group]
        }

        struct Group: Decodable {
            var rules: [Rule]
        }

        struct Rule: Decodable {
            var name: String
        }

        var data: Body
    }

    /// The alerts on trial, by the names that changes of them have: also those that never fire.
    var onTrial: [String] { (defined ?? Set(settings.alerts)).sorted().map(Self.rule) }

    private static func rule(_ alert: String) -> String { "prometheus/\(alert)" }

    /// - Parameters:
    ///   - found: takes each change with its time in the run.
    ///   - complain: takes what went wrong, once.
    func begin(
        found: @escaping @Sendable (AlertChange, Double) async -> Void,
        complain: @escaping @Sendable (String) async -> Void
    ) {
        loop = Task {
            while !Task.isCancelled {
                do {
                    for change in try await look() {
                        await found(change, (MonotonicClock.now() - start).inSeconds)
                    }
                } catch {
                    if !isComplained, !Task.isCancelled {
                        isComplained = true
                        await complain("the alerts of \(settings.url) could not be read: \(error)")
                    }
                }
                do { try await Task.sleep(for: settings.every) } catch { return }
            }
        }
    }

    func end() async {
        loop?.cancel()
        await loop?.value
        client.close()
    }

    /// Those that were asked for, or all that the server has rules for.
    private func define() async throws -> Set<String> {
        guard settings.alerts.isEmpty else { return Set(settings.alerts) }
        let answer = try await client.send(
            .GET, "\(settings.url)/api/v1/rules?type=alert", limit: 16 << 20, within: .seconds(5))
        guard answer.status == 200 else { throw HarnessError(.internal, "it answered \(answer.status)") }
        let rules = try JSONDecoder().decode(Rules.self, from: Data(answer.body.readableBytesView))
        return Set(rules.data.groups.flatMap(\.rules).map(\.name))
    }

    private func look() async throws -> [AlertChange] {
        if defined == nil { defined = try await define() }
        let answer = try await client.send(
            .GET, "\(settings.url)/api/v1/alerts", limit: 16 << 20, within: .seconds(5))
        guard answer.status == 200 else { throw HarnessError(.internal, "it answered \(answer.status)") }
        let alerts = try JSONDecoder().decode(Answer.self, from: Data(answer.body.readableBytesView)).data.alerts
        var values: [String: Double] = [:]
        for alert in alerts where alert.state == "firing" {
            guard let name = alert.labels["alertname"], settings.alerts.isEmpty || settings.alerts.contains(name) else {
                continue
            }
            values[name] = max(values[name] ?? -.infinity, Double(alert.value) ?? 0)
        }
        let now = Set(values.keys)
        let before = firing ?? now
        firing = now
        let change = { (name: String, state: AlertChange.State) in
            AlertChange(
                rule: Self.rule(name), state: state, value: values[name] ?? 0,
                detail: "\(name) of \(self.settings.url)")
        }
        return now.subtracting(before).sorted().map { change($0, .firing) }
            + before.subtracting(now).sorted().map { change($0, .resolved) }
    }
}
