/// What can be switched at an issuer while it runs.
public struct IssuerSettings: Codable, Hashable, Sendable {
    public var keySet = KeySetAnswer.ok
    public var rotation = KeyRotation.none
    /// Whether another key is published under the name of the one that signs, before it.
    public var collides = false
    /// Seconds by which the issuer's clock is ahead: its tokens' times are shifted by them.
    public var clockSkew = 0.0
    /// Longest life of a token in seconds; nil leaves it to who asks.
    public var longestLife: Double?

    public init() {}
}

/// A change of some settings: the body of `POST /control`. What is absent stays as it is.
public struct IssuerChange: Codable, Hashable, Sendable {
    public var keySet: KeySetAnswer?
    public var rotation: KeyRotation?
    public var collides: Bool?
    public var clockSkew: Double?
    /// 0 takes the limit away.
    public var longestLife: Double?

    public init(
        keySet: KeySetAnswer? = nil, rotation: KeyRotation? = nil, collides: Bool? = nil, clockSkew: Double? = nil,
        longestLife: Double? = nil
    ) {
        self.keySet = keySet
        self.rotation = rotation
        self.collides = collides
        self.clockSkew = clockSkew
        self.longestLife = longestLife
    }
}
