import IssuerControl

/// The ES256 keys of an issuer: which one signs, which are published, and which were once. Time is passed in.
struct KeyRing: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// A key that is published no longer.
    struct Retired: Sendable {
        let key: EllipticKey
        let since: Instant
    }

    private struct Replacement: Sendable {
        let key: EllipticKey
        let rotation: KeyRotation
        let at: Instant

        /// The moment between the rotation's two halves.
        var turn: Instant { at.advanced(by: .seconds(rotation.after)) }
    }

    private static let remembered = 8

    let original = EllipticKey()
    private var replacement: Replacement?
    private var past: [Retired] = []

    var rotation: KeyRotation { replacement?.rotation ?? .none }

    /// Whether the original key is the only one.
    var isOriginal: Bool { replacement == nil }

    mutating func rotate(_ rotation: KeyRotation, at now: Instant) {
        past = Array(retired(at: now).filter { $0.key.identifier != original.identifier }.suffix(Self.remembered))
        if let replacement, !past.contains(where: { $0.key.identifier == replacement.key.identifier }) {
            past.append(Retired(key: replacement.key, since: now))
        }
        replacement =
            rotation.manner == .none ? nil : Replacement(key: EllipticKey(), rotation: rotation, at: now)
    }

    func signing(at now: Instant) -> EllipticKey {
        guard let replacement else { return original }
        return switch replacement.rotation.manner {
        case .none: original
        case .announced: now < replacement.turn ? original : replacement.key
        case .sudden: replacement.key
        case .rolledBack: now < replacement.turn ? replacement.key : original
        }
    }

    func published(at now: Instant) -> [EllipticKey] {
        guard let replacement, replacement.rotation.manner == .announced else { return [signing(at: now)] }
        return [original, replacement.key]
    }

    /// The newest last.
    func retired(at now: Instant) -> [Retired] {
        guard let replacement else { return past }
        return switch replacement.rotation.manner {
        case .none, .announced: past
        case .sudden: past + [Retired(key: original, since: replacement.at)]
        case .rolledBack:
            past
                + [
                    now < replacement.turn
                        ? Retired(key: original, since: replacement.at)
                        : Retired(key: replacement.key, since: replacement.turn)
                ]
        }
    }
}
