/// How an issuer changed the key that it signs with.
public struct KeyRotation: Codable, Hashable, Sendable {
    public enum Manner: String, Codable, Hashable, Sendable, CaseIterable {
        /// The original key signs and is the only one.
        case none
        /// A new key is published, signs some time later, and the old one stays published.
        case announced
        /// A new key signs at once, and the old one is gone.
        case sudden
        /// As `sudden`, and some time later the old key is back and the new one gone.
        case rolledBack = "rolled-back"
    }

    public var manner: Manner
    /// Seconds from publishing to signing for `announced`, from the rotation to its end for `rolled-back`.
    public var after: Double

    public static let none = KeyRotation(.none)

    public init(_ manner: Manner, after: Double = 0) {
        self.manner = manner
        self.after = after
    }
}
