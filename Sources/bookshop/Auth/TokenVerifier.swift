#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Checks bearer tokens: JSON Web Tokens signed with ES256 or RS256 by one issuer for one audience.
final class TokenVerifier: Sendable {
    /// What a token must say.
    struct Expectation: Sendable {
        let audience: String
        let issuer: String
    }

    private static let acceptedAlgorithms: Set<String> = ["ES256", "RS256"]
    private static let maximumTokenBytes = 8192
    /// Seconds by which the issuer's clock may differ: a token is accepted so long before it is valid and after it
    /// has expired (RFC 7519, 4.1.4: "usually no more than a few minutes").
    static let leeway = 5.0

    private let expectation: Expectation
    private let keyStore: KeyStore
    private let metrics: Metrics
    /// Checking a signature costs more than most queries.
    let accepted: TokenMemory
    private let weaknesses: Set<Weakness>
    private let unixTime: @Sendable () -> Double

    /// - Parameters:
    ///   - cacheCapacity: the most accepted tokens to remember.
    ///   - unixTime: the time of day in seconds.
    init(
        expectation: Expectation, keyStore: KeyStore, metrics: Metrics, cacheCapacity: Int = 1000,
        weaknesses: Set<Weakness> = [],
        unixTime: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }
    ) {
        self.expectation = expectation
        self.keyStore = keyStore
        self.metrics = metrics
        self.accepted = TokenMemory(
            capacity: cacheCapacity, metrics: metrics, isTrusted: weaknesses.contains(.trustsTokenMemory))
        self.weaknesses = weaknesses
        self.unixTime = unixTime
    }

    /// - Parameter authorization: the value of the `Authorization` header.
    /// - Returns: the subject that the token was issued for.
    @discardableResult
    func check(authorization: String?) async throws(TokenRefusal) -> String {
        let started = ContinuousClock.now
        do throws(TokenRefusal) {
            let (subject, isKnown) = try await check(token: try Self.token(in: authorization))
            metrics.stages.observe(isKnown ? .tokenCached : .tokenUncached, since: started)
            metrics.tokens.increment("accepted")
            return subject
        } catch {
            metrics.tokens.increment(error.rawValue)
            throw error
        }
    }

    private static func token(in authorization: String?) throws(TokenRefusal) -> String {
        guard let authorization else { throw .missing }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { throw .missing }
        return String(parts[1])
    }

    /// - Returns: whose it is, and whether it was remembered.
    private func check(token: String) async throws(TokenRefusal) -> (subject: String, isKnown: Bool) {
        if weaknesses.contains(.fetchesJWKSAlways) { await keyStore.fetchAnyway() }
        // The entry's age is kept by a clock that does not jump; the token's expiry is a time of day.
        if let known = accepted.lookup(token), known.expiry + Self.leeway > unixTime(),
            keyStore.holds(known.key, material: known.material)
        {
            return (known.subject, true)
        }
        guard token.utf8.count <= Self.maximumTokenBytes else { throw .malformed }
        let bytes = Array(token.utf8)
        let header = try Self.header(of: bytes)
        guard let algorithm = header.alg else { throw .malformed }
        if algorithm == "none", weaknesses.contains(.acceptsAlgNone) { return ("", false) }
        guard Self.acceptedAlgorithms.contains(algorithm) else { throw .algorithm }
        // A critical extension that is not understood must be refused (RFC 7515, 4.1.11), and none is understood.
        guard header.crit == nil else { throw .malformed }
        let (claims, key) = try await claims(of: bytes, algorithm: algorithm, identifier: header.kid)
        try check(claims)
        accepted.remember(
            token,
            AcceptedToken(
                token, expiry: claims.expiry, subject: claims.subject, key: key.identifier, material: key.material))
        return (claims.subject, false)
    }

    /// Checks the signature with the key that the token names.
    private func claims(
        of token: [UInt8], algorithm: String, identifier: String?
    ) async throws(TokenRefusal) -> (AccessClaims, KeySet.Key) {
        guard let identifier = weaknesses.contains(.ignoresKid) ? "" : identifier else { throw .unknownKey }
        guard let keys = await keyStore.keys(containing: identifier) else { throw .keysUnavailable }
        let candidates = weaknesses.contains(.ignoresKid) ? keys.all : keys.keys(named: identifier)
        guard !candidates.isEmpty else { throw .unknownKey }
        // What a token says of itself must not choose how it is checked.
        let fitting = candidates.filter { $0.algorithm == algorithm }
        guard !fitting.isEmpty else { throw .algorithm }
        var refusal = TokenRefusal.signature
        for key in fitting {
            do throws(TokenRefusal) {
                return (try await key.claims(of: token), key)
            } catch {
                refusal = error
            }
        }
        throw refusal
    }

    private func check(_ claims: AccessClaims) throws(TokenRefusal) {
        let now = unixTime()
        guard claims.expiry + Self.leeway > now || weaknesses.contains(.acceptsExpiredToken) else { throw .expired }
        if let notBefore = claims.notBefore, notBefore - Self.leeway > now { throw .notYetValid }
        guard claims.audience.contains(expectation.audience) else { throw .audience }
        guard claims.issuer == expectation.issuer else { throw .issuer }
    }

    private struct Header: Decodable {
        let alg: String?
        let kid: String?
        let crit: [String]?
    }

    private static func header(of token: [UInt8]) throws(TokenRefusal) -> Header {
        let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed }
        var encoded = parts[0].map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        while encoded.count % 4 != 0 { encoded.append(UInt8(ascii: "=")) }
        guard let decoded = Data(base64Encoded: Data(encoded)) else { throw .malformed }
        do {
            return try JSONDecoder().decode(Header.self, from: decoded)
        } catch {
            throw .malformed
        }
    }
}
