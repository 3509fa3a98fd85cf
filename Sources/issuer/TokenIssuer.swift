import Foundation
import IssuerControl
import Synchronization

/// An issuer of access tokens: its keys, which live in memory only, its switches and its counters.
final class TokenIssuer: Sendable {
    private typealias Instant = ContinuousClock.Instant

    private struct State {
        var ring = KeyRing()
        var settings = IssuerSettings()
        /// Since when whoever asks is given the right key set.
        var honestSince = Instant.now
        var requests: [String: Int] = [:]
        var keySetsGiven = 0
        var tokens = 0
        var flawed: [String: Int] = [:]
        /// Grows with every token.
        var number = 0
        /// Key sets given in the last second, for the limit on their rate.
        var recent: [Instant] = []
    }

    /// Why a token or a change is refused, in words for whoever asked.
    struct Refusal: Error {
        let message: String

        static let noRSA = Refusal(message: "this issuer has no key for RS256: start it without --no-rsa")
    }

    private let mint: TokenMint
    private let usualLife: Double
    private let rsaKey: [String: String]?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - usualLife: seconds that a token lives when nobody says otherwise.
    ///   - hasRSA: whether there is a key for RS256, whose making takes most of the start.
    init(issuer: String, audience: String, usualLife: Double = 3600, hasRSA: Bool = true) throws {
        let rsa = hasRSA ? try RSAKey() : nil
        mint = TokenMint(issuer: issuer, audience: audience, rsa: rsa)
        rsaKey = try rsa?.published()
        self.usualLife = usualLife
    }

    // MARK: Keys

    /// - Parameter isOwn: asked by whoever controls the issuer; such questions are not counted.
    func keySet(isOwn: Bool = false) throws -> KeySetReply {
        try state.withLock { state in
            let now = Instant.now
            state.recent.removeAll { $0.duration(to: now) >= .seconds(1) }
            let answer = state.settings.keySet
            let isLimited = answer.mode == .rateLimited && state.recent.count >= answer.perSecond ?? 0
            let reply = try KeySetReply(answer, keys: published(state, at: now), isLimited: isLimited)
            if reply.isRight {
                state.recent.append(now)
                if !isOwn { state.keySetsGiven += 1 }
            }
            return reply
        }
    }

    private func published(_ state: State, at now: Instant) -> [[String: String]] {
        var keys = state.ring.published(at: now).map { $0.published() }
        if state.settings.collides {
            keys.insert(mint.twin.published(as: state.ring.signing(at: now).identifier), at: 0)
        }
        return keys + (rsaKey.map { [$0] } ?? [])
    }

    // MARK: Tokens

    func token(_ request: TokenRequest) throws -> TokenAnswer {
        guard request.alg != .rs256 || mint.rsa != nil else { throw Refusal.noRSA }
        let order = try state.withLock { state in
            state.number += 1
            let now = Instant.now
            var key = state.ring.signing(at: now)
            if request.flaw == .retiredKey {
                let needed = Duration.seconds(request.retiredFor ?? 0)
                let honest = state.honestSince
                guard
                    let retired = state.ring.retired(at: now).last(where: {
                        max($0.since, honest).duration(to: now) >= needed
                    }), state.settings.keySet.mode == .ok
                else { throw Refusal(message: "no key has been gone for so long") }
                key = retired.key
            }
            var life = request.ttl ?? usualLife
            if request.flaw == nil, let longest = state.settings.longestLife { life = min(life, longest) }
            if let flaw = request.flaw {
                state.flawed[flaw.rawValue, default: 0] += 1
            } else {
                state.tokens += 1
            }
            return TokenMint.Order(
                subject: request.sub, life: life, algorithm: request.alg ?? .es256, key: key,
                skew: state.settings.clockSkew, number: state.number)
        }
        let token = try request.flaw.map { try mint.token(order, flaw: $0) } ?? mint.token(order)
        return TokenAnswer(accessToken: token, expiresIn: order.life)
    }

    // MARK: Control

    func count(_ path: String) {
        state.withLock { $0.requests[path, default: 0] += 1 }
    }

    func apply(_ change: IssuerChange) throws -> IssuerReading {
        try state.withLock { state in
            let now = Instant.now
            if let rotation = change.rotation, rotation.manner != .none, !state.ring.isOriginal {
                throw Refusal(message: "the keys are rotated already: give the original ones back first")
            }
            if let rotation = change.rotation {
                state.ring.rotate(rotation, at: now)
                state.settings.rotation = rotation
            }
            if let keySet = change.keySet {
                if keySet.mode == .ok, state.settings.keySet.mode != .ok { state.honestSince = now }
                state.settings.keySet = keySet
            }
            if let collides = change.collides { state.settings.collides = collides }
            if let skew = change.clockSkew { state.settings.clockSkew = skew }
            if let life = change.longestLife { state.settings.longestLife = life > 0 ? life : nil }
        }
        return reading
    }

    var reading: IssuerReading {
        state.withLock { state in
            let now = Instant.now
            return IssuerReading(
                settings: state.settings, signingKey: state.ring.signing(at: now).identifier,
                publishedKeys: published(state, at: now).compactMap { $0["kid"] }, requests: state.requests,
                keySetsGiven: state.keySetsGiven, tokens: state.tokens, flawed: state.flawed)
        }
    }
}
