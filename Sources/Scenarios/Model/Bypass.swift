import IssuerControl

/// Attempts to get into a service without a right token, all through a run.
public struct Bypass: Hashable, Sendable {
    /// A bookshop that checks tokens.
    public var service: String
    /// The issuer service that the tokens come from; nil for the one that was started for the service alone.
    public var issuer: String?
    /// Attempts per second; as many right tokens are sent to see that those are let in, a tenth as often.
    public var rate: Double
    /// Kinds of attempts, of ``flaws``.
    public var flaws: [String]
    /// How long after a token's expiry, or after its key was withdrawn, a service may still accept it.
    public var grace: Duration

    /// Every kind: flawed tokens of the issuer, no token, no token's text, and a right one after it has expired.
    public static let flaws = TokenFlaw.allCases.map(\.rawValue) + [noToken, garbage, replayed]

    public static let noToken = "no-token"
    public static let garbage = "garbage"
    /// A token that was right and accepted, after its expiry.
    public static let replayed = "replayed"
}

extension Scenario {
    /// The issuer service that a reference leads to, through whatever links.
    public static func issuer(behind reference: String, services: [Service], targets: [Target]) -> String? {
        var current = reference
        // Links that lead in a circle are found elsewhere.
        for _ in 0...targets.count {
            if let service = services.first(where: { $0.id == current }) {
                if case .issuer = service.kind { return service.id }
                return nil
            }
            guard let target = targets.first(where: { $0.id == current }), case .tcpProxy(_, let upstream) = target.kind
            else { return nil }
            current = upstream
        }
        return nil
    }

    /// The issuer service whose tokens a service trusts; nil where it has one of its own or none.
    public func issuer(of service: String) -> String? {
        guard case .bookshop(let settings)? = services.first(where: { $0.id == service })?.kind,
            let reference = settings.issuer
        else { return nil }
        return Scenario.issuer(behind: reference, services: services, targets: targets)
    }
}
