import Events
import Foundation
import NIOCore
import PlainHTTP

/// Where a run's alerts are sent besides its events.
public struct AlertSink: Sendable {
    public enum Kind: String, Sendable {
        /// One JSON object for each change, by POST.
        case webhook
        /// `POST /api/v2/alerts` of Prometheus' Alertmanager.
        case alertmanager
    }

    let kind: Kind
    let url: String

    /// A slow receiver must not hold up the run's own alerts for long.
    private static let patience = TimeAmount.seconds(2)
    /// Seconds for which what fires is believed to fire, should nobody tell that it ceased.
    private static let longest: TimeInterval = 3600

    /// - Parameter url: `http://`; of an Alertmanager without the path.
    /// - Throws: `HTTPFailure.badURL`.
    public init(_ kind: Kind, url: String) throws(HTTPFailure) {
        _ = try HTTPLocation(url)
        self.kind = kind
        self.url = kind == .alertmanager ? "\(url.hasSuffix("/") ? String(url.dropLast()) : url)/api/v2/alerts" : url
    }

    /// One change as a receiver is told of it.
    struct Notice: Sendable {
        let change: AlertChange
        let run: String
        let scenario: String
        /// When it began to fire.
        let since: Date
        let now: Date
    }

    private struct Posted: Encodable {
        var run: String
        var scenario: String
        var rule: String
        var state: AlertChange.State
        var value: Double
        var detail: String
        var since: String
        var at: String
    }

    /// https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, postableAlert.
    private struct PostableAlert: Encodable {
        var labels: [String: String]
        var annotations: [String: String]
        var startsAt: String
        var endsAt: String
    }

    /// - Throws: `HTTPFailure`, or what the receiver answered.
    func send(_ notice: Notice, over client: PlainHTTPClient) async throws {
        let answer = try await client.send(
            .POST, url, headers: ["Content-Type": "application/json"], body: ByteBuffer(bytes: try body(notice)),
            limit: 1 << 16, within: AlertSink.patience)
        guard (200..<300).contains(answer.status) else { throw HarnessError(.internal, "it answered \(answer.status)") }
    }

    func body(_ notice: Notice) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let change = notice.change
        let stamp = { (date: Date) in
            date.formatted(
                .iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
        }
        switch kind {
        case .webhook:
            return try encoder.encode(
                Posted(
                    run: notice.run, scenario: notice.scenario, rule: change.rule, state: change.state,
                    value: change.value, detail: change.detail, since: stamp(notice.since), at: stamp(notice.now)))
        case .alertmanager:
            let alert = PostableAlert(
                labels: ["alertname": change.rule, "job": "brink", "run": notice.run, "scenario": notice.scenario],
                annotations: ["summary": change.detail, "value": "\(change.value)"], startsAt: stamp(notice.since),
                // Alertmanager forgets after its `resolve_timeout` what has no end and is not sent again.
                endsAt: stamp(change.state == .resolved ? notice.now : notice.now + AlertSink.longest))
            return try encoder.encode([alert])
        }
    }
}
