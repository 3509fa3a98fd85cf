import Events
@testable import Faults
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
        #expect(finding.notes.contains("never decided: alg-none") && finding.figures["undecided"] == 1)
    }

    @Test func whoIsTakenForAnotherIsAFailure() {
        var tally = BypassTally()
        tally.recordControl(isAccepted: true)
        for kind in kinds { tally.record(kind, .refused, at: 1) }
        #expect(tally.finding(service: "app", kinds: kinds).verdict == .pass)
        #expect(tally.finding(service: "app", kinds: kinds).figures["undecided"] == 0)
        tally.recordMistaken(for: "bob", at: 2)
        let finding = tally.finding(service: "app", kinds: kinds)
        #expect(finding.verdict == .fail && finding.figures["mistaken"] == 1)
        #expect(finding.findings == ["a right token was taken for bob's at 2.0 s"])
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
        _ weaknesses: [String], flaws: [String] = Bypass.flaws, for seconds: Double, rotates: Bool = false,
        damage: String? = nil
    ) async throws -> (finding: BypassFinding, keySetRequests: Int) {
        guard let cluster = FixtureCluster.current else { throw FixtureClusterError.noCluster }
        let database = cluster.connectionString
        #expect(try await RunningProgram.run("bookshop", ["migrate", "--books", "1000", "--database", database]) == 0)
        let issuer = try await RunningIssuer()
        let secret = "a token of the test alone"
        let bookshop = try await RunningProgram(
            "bookshop",
            [
                "serve", "--port", "0", "--database", database, "--jwks-url", issuer.client.keySetURL,
                "--jwks-interval", "500ms",
            ] + weaknesses.flatMap { ["--weakness", $0] }, environment: ["BOOKSHOP_CONTROL_TOKEN": secret])
        if let damage {
            try await TokenCacheAccess(address: bookshop.address, secret: secret).damage(damage)
        }
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

    /// What is remembered of one token stands under another, or says that the token lives for another day.
    @Test(arguments: ["swapped", "expiry"])
    func aDamagedMemoryIsFoundOut(_ damage: String) async throws {
        let flaws = [Bypass.replayed, "bad-signature"]
        let sound = try await attempt([], flaws: flaws, for: 10, damage: damage).finding
        #expect(sound.verdict == .pass && sound.figures["mistaken"] == 0, "\(sound)")
        let weak = try await attempt(["trusts-token-memory"], flaws: flaws, for: 10, damage: damage).finding
        #expect(weak.verdict == .fail, "\(weak)")
        let finding = damage == "swapped" ? "a right token was taken for" : "replayed was let in"
        #expect(weak.findings.contains { $0.hasPrefix(finding) }, "\(weak)")
    }

    @Test func oneThatFetchesAlwaysIsSeenAtItsIssuer() async throws {
        let (finding, requests) = try await attempt(["fetches-jwks-always"], for: 2)
        #expect(finding.verdict == .pass && requests > 60, "\(requests)")
    }
}
