import Engine
@testable import Faults
import IssuerFixture
import LinuxSystem
import PlainHTTP
import Scenarios
import Testing

/// Crowds of clients at a real HTTP service, a process of its own; no root is needed.
@Suite(.serialized) struct ClientFaultTests {
    private static let path = "/.well-known/jwks.json"

    private func target(_ issuer: RunningIssuer) throws -> ResolvedTarget {
        var target = ResolvedTarget(id: "app")
        target.process = try ProcessTable().identity(of: issuer.pid)
        return target
    }

    private func established(_ issuer: RunningIssuer) throws -> Int {
        try TCPSocketTable(of: issuer.pid).entries.count {
            "127.0.0.1:\($0.localPort)" == issuer.client.address
                && $0.state == .established
        }
    }

    /// From its injection to its end, after which no connection may be left and the service must answer.
    private func withFault(
        _ name: String, _ parameters: [String: String], _ body: (FaultCourse, RunningIssuer) async throws -> Void
    ) async throws {
        let issuer = try await RunningIssuer()
        let course = try FaultCourse(name, parameters, on: target(issuer))
        try await course.run { try await body(course, issuer) }
        // What the service has not read yet it closes a moment later.
        let end = MonotonicClock.now() + .seconds(2)
        // The test's own stays.
        while try established(issuer) > 1, MonotonicClock.now() < end { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try established(issuer) <= 1)
        #expect(await issuer.client.lookAtKeySet().status == 200)
    }

    /// No more than the shortest queue that a kernel gives a listener (net.core.somaxconn was 128 before Linux 5.4):
    /// what finds it full waits for the kernel's next attempt, and now and then longer than its patience.
    @Test func aHerd() async throws {
        try await withFault("clients.burst", ["count": "120", "path": Self.path]) { course, _ in
            let end = MonotonicClock.now() + .seconds(10)
            while await !course.evidence.contains("120 good"), MonotonicClock.now() < end {
                try await Task.sleep(for: .milliseconds(20))
            }
            let evidence = await course.evidence
            #expect(evidence.hasPrefix("120 requests sent"), "\(evidence)")
            #expect(evidence.contains(" 120 good, 0 refused by an answer, 0 refused a connection,"), "\(evidence)")
        }
    }

    @Test func aHerdThatComesAgainAndIsRefused() async throws {
        let parameters = ["count": "50", "every": "100ms", "path": "/nothing-here"]
        try await withFault("clients.burst", parameters) { course, _ in
            let end = MonotonicClock.now() + .seconds(10)
            while await !course.evidence.hasPrefix("150 "), MonotonicClock.now() < end {
                try await Task.sleep(for: .milliseconds(2))
            }
            let evidence = await course.evidence
            #expect(evidence.contains(" 0 good") && !evidence.contains(" 0 refused by an answer"), "\(evidence)")
        }
    }

    @Test(arguments: ["slow-head", "slow-body", "unread"])
    func slow(_ manner: String) async throws {
        let parameters = ["count": "40", "manner": manner, "pace": "50ms", "path": Self.path]
        try await withFault("clients.slow", parameters) { course, issuer in
            #expect(try established(issuer) >= 40)
            // Those who are quick are served all the same.
            #expect(await issuer.client.lookAtKeySet().status == 200)
            let first = try await course.fault.observe()["bytes"] ?? 0
            try await Task.sleep(for: .milliseconds(300))
            let second = try await course.fault.observe()["bytes"] ?? 0
            #expect(second > first)
        }
    }

    @Test(arguments: ["true", "false"])
    func churn(_ asks: String) async throws {
        try await withFault("clients.churn", ["rate": "200", "asks": asks, "path": Self.path]) { course, issuer in
            try await Task.sleep(for: .milliseconds(500))
            let figures = try await course.fault.observe()
            #expect(figures["made"] ?? 0 > 40)
            #expect(figures["refused"] == 0)
            #expect(figures["taken"] ?? 0 >= figures["made"] ?? 0)
            #expect(try established(issuer) < 40)
        }
    }

    @Test(
        arguments: [
            ("clients.burst", ["every": "10ms"]), ("clients.burst", ["path": "nothing"]),
            ("clients.slow", ["pace": "10ms"]), ("clients.churn", ["path": "/two words"]),
            ("clients.churn", ["path": "/\r\nX-Admin: yes"]),
        ])
    func whatMakesNoSenseIsRefused(_ name: String, _ parameters: [String: String]) throws {
        #expect(throws: FaultError.self) { _ = try FaultCourse(name, parameters, on: ResolvedTarget(id: "app")) }
    }

    @Test func nobodyListens() async throws {
        var target = ResolvedTarget(id: "app")
        target.process = try ProcessTable().identity(of: 1)
        let course = try FaultCourse("clients.burst", ["port": "1"], on: target)
        let error = await #expect(throws: FaultError.self) { _ = try await course.fault.plan() }
        #expect(error?.description.contains("listens on no TCP port 1") == true)
    }

    /// How each kind of slow client begins.
    @Test func whatTheySay() throws {
        let request = try ClientRequest(
            Parameters(["path": .text("/graphql"), "body": .text("{}")]), for: "clients.slow")
        let head = SlowManner(.slowHead, request, pace: .zero)
        #expect(head.piece(at: 0) == Array("P".utf8)[...] && head.piece(at: 100_000) == Array("x".utf8)[...])
        let body = SlowManner(.slowBody, request, pace: .zero)
        #expect(String(decoding: body.piece(at: 0), as: UTF8.self).hasSuffix("Content-Length: 1048576\r\n\r\n"))
        let unread = SlowManner(.unread, request, pace: .zero)
        let text = String(decoding: unread.piece(at: 0), as: UTF8.self)
        #expect(text.hasPrefix("POST /graphql HTTP/1.1\r\nHost: localhost\r\n"))
        #expect(text.hasSuffix("Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"))
        #expect(unread.piece(at: text.utf8.count) == unread.piece(at: 0))
    }
}
