import LinuxSystem
import Synchronization
import Testing

@testable import Workload

/// Tokens that are renewed in time, when they are refused, and not while their issuer is down.
@Suite struct TokenPoolTests {
    private final class Issuer: Sendable {
        struct Down: Error {}

        private struct State {
            var issued: [String: Int] = [:]
            var isDown = false
        }

        private let state = Mutex(State())
        let life: Double

        init(life: Double) {
            self.life = life
        }

        var isDown: Bool {
            get { state.withLock { $0.isDown } }
            set { state.withLock { $0.isDown = newValue } }
        }

        var count: Int { state.withLock { $0.issued.values.reduce(0, +) } }

        func issue(_ subject: String) throws -> TokenPool.Issued {
            let number = try state.withLock { state in
                if state.isDown { throw Down() }
                state.issued[subject, default: 0] += 1
                return state.issued[subject] ?? 0
            }
            return ("\(subject)#\(number)", life)
        }
    }

    private func pool(_ issuer: Issuer, size: Int = 2) async throws -> TokenPool {
        let pool = TokenPool(size: size) { try issuer.issue($0) }
        try await pool.fill()
        return pool
    }

    @Test func subjectsTakeTurns() async throws {
        let issuer = Issuer(life: 60)
        let pool = try await pool(issuer, size: 3)
        var tokens: [String?] = []
        for _ in 0..<6 { tokens.append(await pool.token()) }
        #expect(Set(tokens).count == 3 && tokens[0] == tokens[3] && issuer.count == 3)
    }

    @Test func noTokenIsGivenOutAfterItsEnd() async throws {
        let issuer = Issuer(life: 0.8)
        let pool = try await pool(issuer, size: 1)
        let start = MonotonicClock.now()
        var seen: [String: Duration] = [:]
        while MonotonicClock.now() - start < .seconds(3) {
            let token = try #require(await pool.token())
            let now = MonotonicClock.now()
            let first = seen[token] ?? now
            seen[token] = first
            #expect(now - first < .milliseconds(850), "\(token)")
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect((4...7).contains(issuer.count))
    }

    @Test func aRefusedTokenIsRenewedAndNoStormFollows() async throws {
        let issuer = Issuer(life: 60)
        let pool = try await pool(issuer, size: 1)
        try await Task.sleep(for: .milliseconds(550))
        let end = MonotonicClock.now() + .milliseconds(1200)
        var refusals = 0
        while MonotonicClock.now() < end {
            let token = try #require(await pool.token())
            await pool.refused(token)
            refusals += 1
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(refusals > 50 && (3...5).contains(issuer.count))
        // One that was renewed meanwhile is nobody's business.
        let count = issuer.count
        await pool.refused("brink-load-1#1")
        #expect(issuer.count == count)
    }

    @Test func whileTheIssuerIsDownTheOldTokenStays() async throws {
        let issuer = Issuer(life: 0.6)
        let pool = try await pool(issuer, size: 1)
        let first = await pool.token()
        issuer.isDown = true
        try await Task.sleep(for: .milliseconds(900))
        #expect(await pool.token() == first)
        issuer.isDown = false
        let end = MonotonicClock.now() + .seconds(3)
        while await pool.token() == first, MonotonicClock.now() < end { try await Task.sleep(for: .milliseconds(20)) }
        #expect(await pool.token() != first)
    }

    @Test func withoutAFirstTokenThereIsNoLoad() async throws {
        let issuer = Issuer(life: 60)
        issuer.isDown = true
        await #expect(throws: Issuer.Down.self) { try await pool(issuer) }
    }
}
