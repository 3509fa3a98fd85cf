import Engine
import Scenarios

/// A kind of fault: its schema for people and validation, and how one is made for a target.
///
/// To add one: a file with a type of this protocol, an entry in `FaultRegistry`, and a test. `plan` reads the host and
/// lists the exact changes, `observe` and `verify` show the effect, and each change brings its own undo.
public protocol FaultKind: Fault {
    static var schema: FaultSchema { get }

    /// What it will write to a cgroup that is not there yet, as a plan tells before the run; empty where it writes to
    /// no cgroup, or where only the target as it then is can tell.
    static func foresee(_ specification: FaultSpecification) -> [ForeseenWrite]

    /// - Throws: when the target lacks what the fault needs.
    init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError)
}

extension FaultKind {
    public static func foresee(_ specification: FaultSpecification) -> [ForeseenWrite] { [] }
}
