/// What is remembered of a token that was accepted, so that its signature need not be checked again.
struct AcceptedToken: Sendable {
    /// Unix time in seconds.
    var expiry: Double
    /// Whose it is.
    var subject: String
    /// The key that it was checked with: the memory must not outlive it.
    var key: String
    var material: String
    /// Over all that is remembered, and the token itself. It finds memory that was damaged, not an attacker.
    private let seal: Int

    init(_ token: String, expiry: Double, subject: String, key: String, material: String) {
        self.expiry = expiry
        self.subject = subject
        self.key = key
        self.material = material
        seal = Self.seal(token, expiry, subject, key, material)
    }

    /// Whether this is what was remembered of that token.
    func isIntact(for token: String) -> Bool { seal == Self.seal(token, expiry, subject, key, material) }

    /// Swift's hashes are seeded anew in every process.
    private static func seal(
        _ token: String, _ expiry: Double, _ subject: String, _ key: String, _ material: String
    ) -> Int {
        var hasher = Hasher()
        hasher.combine(token)
        hasher.combine(expiry)
        hasher.combine(subject)
        hasher.combine(key)
        hasher.combine(material)
        return hasher.finalize()
    }
}
