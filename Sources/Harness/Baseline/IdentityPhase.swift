import IssuerClient
import IssuerControl
import LinuxSystem

/// Tokens that the service has not seen yet, where they come from, and the keys that they are checked with.
struct IdentityPhase: BaselinePhase {
    let subject: BaselineSubject
    let share = 0.1

    private static let fewest = 5
    /// A machine that is busy is slow, not broken.
    private static let patience = Duration.seconds(30)
    /// What the service remembers is to stay small.
    private static let mostTokens = 20

    func measure(in run: BaselineRun, into findings: inout RunFindings) async throws {
        guard let issuer = subject.issuer else {
            for name in ["token.cached", "token.uncached", "token.issue", "jwks.fetch"] {
                findings.lacks("identity.\(name)", because: "the service checks no tokens")
            }
            return
        }
        var count = 0
        while count < Self.fewest || (MonotonicClock.now() < run.end && count < Self.mostTokens) {
            let start = MonotonicClock.now()
            let answer = try await issuer.token(
                TokenRequest(sub: "\(run.keyPrefix)-\(count)"), within: Self.patience)
            findings.add((MonotonicClock.now() - start).inSeconds, to: "identity.token.issue")
            // The service takes the time of checking it.
            let client = ShopClient(subject.endpoint, token: answer.accessToken)
            defer { client.close() }
            _ = try await client.ask("{ book(id: 101) { id title price } }")
            let look = await issuer.lookAtKeySet(within: Self.patience)
            guard look.status == 200 else {
                throw HarnessError(
                    .internal, "the issuer gives no key set: \(look.failure ?? "status \(look.status ?? 0)")")
            }
            findings.add(look.took.inSeconds, to: "identity.jwks.fetch")
            count += 1
        }
    }
}
