import PostgresWire
import SeededRandom

/// A toxic as it is asked for: its type, its attributes, and what it makes for each stream.
public protocol ToxicKind: Sendable {
    /// The type's name, as in toxiproxy.
    static var type: String { get }
    static var attributes: [ToxicAttribute] { get }

    /// - Throws: when a value is out of its range.
    init(_ values: ToxicAttributes) throws(ProxyFailure)

    func make(_ context: ToxicContext) -> any Toxic

    /// What it does to the messages of a connection whose protocol is followed; nil for toxics that know no protocol.
    /// - Throws: when a rule so called cannot be followed.
    func wireRule(named name: String) throws(ProxyFailure) -> WireRule?
}

extension ToxicKind {
    public func wireRule(named name: String) throws(ProxyFailure) -> WireRule? { nil }
}

/// One attribute of a type of toxic.
public struct ToxicAttribute: Sendable {
    public enum Form: Hashable, Sendable {
        /// A number in a range; it can be a ramp.
        case number(ClosedRange<Double>)
        /// A whole number in a range; it cannot change with time.
        case whole(ClosedRange<Int64>)
        case flag
        case choice([String])
        case text
    }

    public let name: String
    public let form: Form
    public let initial: AttributeValue
    /// Unit and meaning.
    public let summary: String
    /// Toxiproxy does not have it: shown to its clients only when it is not the default.
    public let isExtension: Bool

    init(
        _ name: String, _ form: Form, _ initial: AttributeValue, _ summary: String, isExtension: Bool = false
    ) {
        self.name = name
        self.form = form
        self.initial = initial
        self.summary = summary
        self.isExtension = isExtension
    }

    /// Milliseconds, up to a day.
    static func milliseconds(_ name: String, _ summary: String) -> ToxicAttribute {
        ToxicAttribute(name, .number(0...86_400_000), .number(0), summary)
    }
}

/// What a stream's toxic starts with.
public struct ToxicContext {
    /// Repeatable choices.
    public let generator: SeededGenerator
    /// When the toxic was added or last changed; ramps count from here.
    public let start: Moment
    /// Shared by all connections of the proxy that meet this toxic.
    public let shared: SharedPace
}
