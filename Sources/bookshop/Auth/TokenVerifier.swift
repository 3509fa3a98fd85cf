import JWTKit
import Synchronization

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
    /// An accepted token is checked again after this long at the latest, as its key may have been withdrawn.
    private static let maximumCacheAge = Duration.seconds(60)
    private static let maximumTokenBytes = 8192

    private let expectation: Expectation
    private let keyStore: KeyStore
    private let metrics: Metrics
    /// Checking a signature costs more than most queries.
    private let accepted: Mutex<LRUCache<String, Double>>
    private let unixTime: @Sendable () -> Double

    /// - Parameters:
    ///   - cacheCapacity: the most accepted tokens to remember.
    ///   - unixTime: the time of day in seconds.
    init(
        expectation: Expectation, keyStore: KeyStore, metrics: Metrics, cacheCapacity: Int = 1000,
        unixTime: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }
    ) {
        self.expectation = expectation
        self.keyStore = keyStore
        self.metrics = metrics
        self.accepted = Mutex(LRUCache(capacity: cacheCapacity))
        self.unixTime = unixTime
    }

    /// - Parameter authorization: the value of the `Authorization` header.
    func check(authorization: String?) async throws(TokenRefusal) {
        do throws(TokenRefusal) {
            try await check(token: try Self.token(in: authorization))
            metrics.tokens.increment("accepted")
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

    private func check(token: String) async throws(TokenRefusal) {
        let known = accepted.withLock { $0.lookup(token, now: .now) }
        // The entry's age is kept by a clock that does not jump; the token's expiry is a time of day.
        if case .hit(let expiry) = known, expiry > unixTime() { return }

        guard token.utf8.count <= Self.maximumTokenBytes else { throw .malformed }
        let bytes = Array(token.utf8)
        let header = try Self.header(of: bytes)
        guard let algorithm = header.alg else { throw .malformed }
        guard Self.acceptedAlgorithms.contains(algorithm) else { throw .algorithm }
        // A critical extension that is not understood must be refused (RFC 7515, 4.1.11), and none is understood.
        guard header.crit == nil else { throw .malformed }
        guard let identifier = header.kid else { throw .unknownKey }
        guard let keys = await keyStore.keys(containing: identifier) else { throw .keysUnavailable }
        guard keys.contains(identifier) else { throw .unknownKey }
        let claims = try await keys.claims(of: bytes)
        try check(claims)
        accepted.withLock { accepted in
            _ = accepted.insert(claims.expiry, for: token, expiry: .now.advanced(by: Self.maximumCacheAge))
        }
    }

    private func check(_ claims: AccessClaims) throws(TokenRefusal) {
        let now = unixTime()
        guard claims.expiry > now else { throw .expired }
        if let notBefore = claims.notBefore, notBefore > now { throw .notYetValid }
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
