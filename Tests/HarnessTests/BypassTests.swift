import Events
import Foundation
import IssuerClient
import IssuerControl
import IssuerFixture
import LinuxSystem
import PostgresFixture
@testable import Scenarios
import Synchronization
import Testing

@testable import Harness

/// Attempts to get in without a right token: how they are judged, and against a real bookshop, healthy and weak.
@Suite struct BypassTallyTests {
    private let kinds = ["expired", "alg-none"]

    @Test func whoIsLetInIsAFailure() {
        var tally = BypassTally()
        tally.recordControl(isAccepted: true)
        for moment in 0..<30 { tally.record("expired", moment == 7 ? .accepted : .refused, at: Double(moment)) }
        let finding = tally.finding(service: "app", kinds: kinds)
        #expect(finding.verdict == .fail && finding.findings == ["expired was let in at 7.0 s"])
        #expect(finding.figures["accepted"] == 1 && finding.figures["attempts"] == 30)
        #expect(finding.notes.contains("never decided: alg-none"))
    }

    @Test func everybodyRefusedIsAPassOnlyWhereSomebodyIsLetIn() {
        var tally = BypassTally()
        tally.record("expired", .refused, at: 1)
        tally.recordControl(isAccepted: false)
        #expect(tally.finding(service: "app", kinds: kinds).verdict == .inconclusive)
        // An expectation about it is inconclusive, too.
        #expect(tally.finding(service: "app", kinds: kinds).figures["accepted"] == nil)
        tally.recordControl(isAccepted: true)
        #expect(tally.finding(service: "app", kinds: kinds).verdict == .pass)
        #expect(tally.finding(service: "app", kinds: kinds).figures["accepted"] == 0)
    }

    @Test func nothingDecidedIsInconclusive() {
        var tally = BypassTally()
        tally.recordControl(isAccepted: true)
        for _ in 0..<9 { tally.record("expired", .unclear, at: 1) }
        let finding = tally.finding(service: "app", kinds: kinds)
        #expect(finding.verdict == .inconclusive && finding.figures["unclear"] == 9)
    }

    @Test(arguments: [
        (200, #"{"data":{"book":{"id":1}}}"#, BypassTally.Answer.accepted), (200, #"{"data":{"book":null}}"#, .unclear),
        (200, #"{"errors":[{"message":"x","extensions":{"code":"UNAUTHENTICATED"}}]}"#, .refused),
        (200, #"{"errors":[{"extensions":{"code":"POOL_TIMEOUT"}}],"data":null}"#, .unclear), (200, "<html>", .unclear),
        (401, "", .refused), (431, "", .refused), (404, "", .unclear), (503, "", .unclear),
    ])
    func answers(_ status: Int, _ body: String, _ expected: BypassTally.Answer) {
        #expect(BypassWatch.judge(status: status, body: Data(body.utf8)) == expected)
    }
}

@Suite(.enabled(if: FixtureCluster.isAvailable), .fixtureCluster, .serialized)
struct BypassWatchTests {
    /// Tries everything for some seconds against a bookshop, while the issuer's key is changed.
    private func attempt(
        _ weaknesses: [String], flaws: [String] = Bypass.flaws, for seconds: Double, rotates: Bool = false
    ) async throws -> (finding: BypassFinding, keySetRequests: Int) {
        guard let cluster = FixtureCluster.current else { throw FixtureClusterError.noCluster }
        let database = cluster.connectionString
        #expect(try await RunningProgram.run("bookshop", ["migrate", "--books", "1000", "--database", database]) == 0)
        let issuer = try await RunningIssuer()
        let bookshop = try await RunningProgram(
            "bookshop",
            [
                "serve", "--port", "0", "--database", database, "--jwks-url", issuer.client.keySetURL,
                "--jwks-interval", "500ms",
            ] + weaknesses.flatMap { ["--weakness", $0] }, environment: [:])
        let bypass = Bypass(
            service: "app", issuer: "idp", rate: 60, flaws: flaws, grace: .seconds(6))
        let watch = BypassWatch(
            bypass, endpoint: "http://\(bookshop.address)/graphql", issuer: issuer.client, start: MonotonicClock.now()
        ) { _ in }
        await watch.begin()
        if rotates { try await issuer.client.change(IssuerChange(rotation: KeyRotation(.sudden))) }
        try await Task.sleep(for: .seconds(seconds))
        let finding = await watch.end()
        let requests = try await issuer.client.reading().keySetRequests
        try await bookshop.end()
        return (finding, requests)
    }

    @Test func theHealthyOneRefusesEverything() async throws {
        let (finding, requests) = try await attempt([], for: 11, rotates: true)
        #expect(finding.verdict == .pass, "\(finding)")
        #expect((finding.figures["attempts"] ?? 0) > 300 && (finding.figures["controlsAccepted"] ?? 0) > 50)
        // Replayed ones and those of a withdrawn key included.
        #expect(!finding.notes.contains { $0.hasPrefix("never decided") }, "\(finding)")
        #expect(finding.figures["unclear"] == 0)
        // One fetch for each interval.
        #expect(requests < 30)
    }

    @Test(arguments: [
        ("accepts-alg-none", "alg-none", 2.0), ("accepts-expired-token", "expired", 2),
        ("ignores-kid", "unknown-kid", 2),
        ("accepts-expired-token", "replayed", 10),
    ])
    func aWeakOneIsCaught(_ weakness: String, _ flaw: String, _ seconds: Double) async throws {
        let (finding, _) = try await attempt([weakness], flaws: [flaw, "bad-signature"], for: seconds)
        #expect(finding.verdict == .fail)
        #expect(finding.findings.contains { $0.hasPrefix("\(flaw) was let in") }, "\(finding)")
        #expect(!finding.findings.contains { $0.hasPrefix("bad-signature") })
    }

    @Test func oneThatFetchesAlwaysIsSeenAtItsIssuer() async throws {
        let (finding, requests) = try await attempt(["fetches-jwks-always"], for: 2)
        #expect(finding.verdict == .pass && requests > 60, "\(requests)")
    }
}
