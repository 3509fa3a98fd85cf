import Events
import Journal
import Scenarios

/// One fault, ready to be injected into a settled target. The engine knows faults only by this.
public protocol Fault: Sendable {
    /// The changes that injecting makes, read from the host as it is now. Changes nothing.
    /// - Throws: `FaultError` when the target cannot be hit so.
    func plan() async throws -> [Change]

    /// Counters that show the fault's effect; read just before injection and again until it is seen.
    func observe() async throws -> Observation

    /// Whether the difference shows that the fault took effect.
    func verify(before: Observation, now: Observation) -> Verification
}

/// Figures by name, read from the target.
public typealias Observation = [String: Double]

/// Whether a fault was seen to take effect.
public enum Verification: Hashable, Sendable {
    /// It was, with the evidence in words.
    case seen(String)
    /// Not so far; says what is waited for.
    case notYet(String)
}

/// One change of the host: how it is made and how it is taken back.
public struct Change: Sendable {
    /// How a change is taken back.
    public enum Undo: Sendable {
        /// By a journaled action, which also guardian and recover can carry out.
        case journaled(UndoAction)
        /// Inside this process: it ends with the process anyway.
        case inProcess(@Sendable () async -> UndoOutcome)
        /// Nothing to take back: the change is an event, such as a signal that ends a process.
        case nothing
    }

    /// What is changed, such as a knob's path.
    public var subject: String
    public var prior: String
    public var value: String
    public var undo: Undo
    /// Makes the change and reads it back.
    public var apply: @Sendable () async throws -> Void
    /// Goes on while the change is in force, as a controller that moves it does; is cancelled, and waited for, before
    /// the change is taken back. Nil for a change that stays as it is.
    public var activity: (@Sendable (LiveChange) async throws -> Void)?

    public init(
        subject: String, prior: String, value: String, undo: Undo, apply: @escaping @Sendable () async throws -> Void,
        activity: (@Sendable (LiveChange) async throws -> Void)? = nil
    ) {
        self.subject = subject
        self.prior = prior
        self.value = value
        self.undo = undo
        self.apply = apply
        self.activity = activity
    }
}

/// Why a fault cannot be injected, in words that say what to do.
public struct FaultError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
