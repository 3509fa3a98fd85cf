/// How an issuer answers who asks for its public keys.
public struct KeySetAnswer: Codable, Hashable, Sendable {
    public enum Mode: String, Codable, Hashable, Sendable, CaseIterable {
        case ok
        /// Status 503, and the connection is closed.
        case down
        /// Right, after a delay.
        case slow
        /// Bytes that are no JSON, with status 200.
        case garbage
        /// The connection breaks half-way through the document.
        case truncated
        /// A page for people, with status 200.
        case html
        /// A set without keys.
        case empty
        /// A set of several megabytes.
        case huge
        /// Status 429 beyond some answers a second.
        case rateLimited = "rate-limited"
    }

    public var mode: Mode
    /// Seconds before an answer, for `slow`.
    public var delay: Double?
    /// The most answers a second, for `rate-limited`.
    public var perSecond: Int?

    public static let ok = KeySetAnswer(.ok)

    public init(_ mode: Mode, delay: Double? = nil, perSecond: Int? = nil) {
        self.mode = mode
        self.delay = delay
        self.perSecond = perSecond
    }
}
