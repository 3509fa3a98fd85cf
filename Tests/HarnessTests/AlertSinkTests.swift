import Events
import Foundation
@testable import Harness
import Hummingbird
import MonitoringFixture
import NIOCore
import PlainHTTP
import Scenarios
import Synchronization
import Testing

/// Alerts sent to a real Alertmanager, and those of a real Prometheus looked at; both from Debian, on loopback.
@Suite(.serialized) struct AlertSinkTests {
    private func change(_ state: AlertChange.State) -> AlertChange {
        AlertChange(rule: "errors", state: state, value: 0.25, detail: "errors.rate > 0.05")
    }

    @Test func anAlertmanagerTakesThem() async throws {
        let manager = try await MonitoringProgram.alertmanager()
        let client = PlainHTTPClient()
        let sink = try AlertSink(.alertmanager, url: "\(manager.url)/")
        let now = Date()
        let notice = { (state: AlertChange.State, since: Date, now: Date) in
            AlertSink.Notice(change: self.change(state), run: "r1", scenario: "s", since: since, now: now)
        }
        try await sink.send(notice(.firing, now.addingTimeInterval(-2), now), over: client)
        let active = try await alerts(of: manager, client)
        #expect(active.count == 1)
        #expect(active.first?.labels == ["alertname": "errors", "job": "brink", "run": "r1", "scenario": "s"])
        #expect(active.first?.annotations["summary"] == "errors.rate > 0.05")
        #expect(active.first?.status.state == "active" || active.first?.status.state == "unprocessed")
        // Resolved ones are not listed any more.
        try await sink.send(notice(.resolved, now.addingTimeInterval(-2), now.addingTimeInterval(-1)), over: client)
        #expect(try await alerts(of: manager, client).isEmpty)
    }

    private struct Listed: Decodable {
        struct Status: Decodable {
            var state: String
        }

        var labels: [String: String]
        var annotations: [String: String]
        var status: Status
    }

    private func alerts(of manager: MonitoringProgram, _ client: PlainHTTPClient) async throws -> [Listed] {
        let answer = try await client.send(.GET, "\(manager.url)/api/v2/alerts", within: .seconds(5))
        return try JSONDecoder().decode([Listed].self, from: Data(answer.body.readableBytesView))
    }

    @Test func aWebhookIsTold() async throws {
        let received = Mutex<[String]>([])
        let router = Router()
        router.post("/hook") { request, _ in
            let body = try await request.body.collect(upTo: 1 << 16)
            received.withLock { $0.append(String(buffer: body)) }
            return HTTPResponse.Status.noContent
        }
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { found.yield($0.localAddress?.port ?? 0) })
        let serving = Task { try await application.run() }
        defer { serving.cancel() }
        var places = ports.makeAsyncIterator()
        let port = try #require(await places.next())
        let sink = try AlertSink(.webhook, url: "http://127.0.0.1:\(port)/hook")
        let since = Date(timeIntervalSince1970: 1_780_000_000)
        let notice = AlertSink.Notice(
            change: change(.firing), run: "r1", scenario: "s", since: since, now: since.addingTimeInterval(1.5))
        try await sink.send(notice, over: PlainHTTPClient())
        #expect(
            received.withLock { $0 } == [
                #"{"at":"2026-05-28T20:26:41.500Z","detail":"errors.rate > 0.05","rule":"errors","run":"r1","#
                    + #""scenario":"s","since":"2026-05-28T20:26:40.000Z","state":"firing","value":0.25}"#
            ])
    }

    @Test func whatAReceiverRefusesIsSaidOnceAndTheRunGoesOn() async throws {
        let manager = try await MonitoringProgram.alertmanager()
        let events = Mutex<[RunEvent.Kind]>([])
        let scenario = try ScenarioReader.read(
            "apiVersion: brink/v1\nid: s\nfaults: []\nalerts: {builtIn: false, rules: [{id: e, if: errors.rate > 5%}]}",
            file: "s.yaml", faults: [])
        // A place that it has not.
        let sink = try AlertSink(.webhook, url: "\(manager.url)/nothing-here")
        let desk = AlertDesk(scenario, run: "r", sinks: [sink]) { kind in events.withLock { $0.append(kind) } }
        await desk.take(RunEvent(0, .phase(PhaseChange(.baseline))))
        for tick in 1...6 {
            await desk.take(RunEvent(Double(tick), .sample(Sample(values: ["errors.rate": tick % 2 == 0 ? 1 : 0]))))
        }
        await desk.take(RunEvent(7, .sample(Sample(values: ["errors.rate": 1]))))
        let scores = await desk.end(onTrial: [])
        #expect(scores.first?.falseAlarms == 3)
        let recorded = events.withLock { $0 }
        let warnings = recorded.compactMap { if case .message(let message) = $0 { message.text } else { nil } }
        #expect(warnings.count == 1 && warnings[0].contains("404") || warnings[0].contains("405"), "\(warnings)")
        #expect(recorded.count { if case .alert = $0 { true } else { false } } == 5)
    }

    @Test func theAlertsOfAPrometheusAreSeen() async throws {
        // Nobody listens there, so what it scrapes is down.
        let prometheus = try await MonitoringProgram.prometheus(
            rules: """
                groups:
                - name: trial
                  interval: 200ms
                  rules:
                  - {alert: TargetDown, expr: up == 0}
                  - {alert: Other, expr: up == 0}
                """)
        let found = Mutex<[(AlertChange, Double)]>([])
        let watch = PrometheusWatch(
            Alerting.Prometheus(url: prometheus.url, every: .milliseconds(100), alerts: ["TargetDown"]),
            start: .zero)
        await watch.begin(found: { change, time in found.withLock { $0.append((change, time)) } }, complain: { _ in })
        let end = ContinuousClock.now + .seconds(30)
        while found.withLock({ $0.isEmpty }), ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(50)) }
        await watch.end()
        let changes = found.withLock { $0 }
        #expect(changes.map(\.0.rule) == ["prometheus/TargetDown"])
        #expect(changes.first?.0.state == .firing)
        #expect(await watch.onTrial == ["prometheus/TargetDown"])
        // Without names all that it has rules for are on trial.
        let all = PrometheusWatch(
            Alerting.Prometheus(url: prometheus.url, every: .milliseconds(100), alerts: []), start: .zero)
        await all.begin(found: { _, _ in }, complain: { _ in })
        while await all.onTrial.isEmpty, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(50)) }
        await all.end()
        #expect(await all.onTrial == ["prometheus/Other", "prometheus/TargetDown"])
    }

    @Test func aPrometheusThatIsAwayIsSaidOnce() async throws {
        let said = Mutex<[String]>([])
        let watch = PrometheusWatch(
            Alerting.Prometheus(url: "http://127.0.0.1:1", every: .milliseconds(100), alerts: []), start: .zero)
        await watch.begin(found: { _, _ in }, complain: { text in said.withLock { $0.append(text) } })
        try await Task.sleep(for: .milliseconds(500))
        await watch.end()
        #expect(said.withLock { $0.count } == 1)
    }

    @Test func onlyPlainHTTP() {
        #expect(throws: HTTPFailure.self) { try AlertSink(.webhook, url: "https://example.org/hook") }
        #expect(throws: HTTPFailure.self) { try AlertSink(.alertmanager, url: "http://me:secret@127.0.0.1") }
    }
}
