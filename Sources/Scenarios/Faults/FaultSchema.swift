/// Everything there is to say about a kind of fault without injecting it. The reference table, the JSON Schema and
/// the validation of scenarios are all made from this.
public struct FaultSchema: Hashable, Sendable {
    /// The key in a scenario, for example `memory.high`.
    public let name: String
    /// One sentence: what it does to the target.
    public let summary: String
    public let targets: Set<TargetKind>
    public let parameters: [ParameterSchema]
    /// What the host must have: controllers, kernel versions, capabilities.
    public let requirements: [String]
    /// What is read to see that the fault took effect.
    public let verifiedBy: String
    /// How it is taken back.
    public let undoneBy: String
    /// A fault that happens at one moment and has no `for`.
    public let isInstant: Bool
    /// The parameter that says how long the fault lasts, in place of `for`.
    public let durationParameter: String?

    public init(
        name: String, summary: String, targets: Set<TargetKind>, parameters: [ParameterSchema],
        requirements: [String], verifiedBy: String, undoneBy: String, isInstant: Bool = false,
        durationParameter: String? = nil
    ) {
        self.name = name
        self.summary = summary
        self.targets = targets
        self.parameters = parameters
        self.requirements = requirements
        self.verifiedBy = verifiedBy
        self.undoneBy = undoneBy
        self.isInstant = isInstant
        self.durationParameter = durationParameter
    }
}

/// What a target can be hit as. One target may be several of these: a service is a process and a cgroup.
public enum TargetKind: String, Hashable, Sendable, CaseIterable, Comparable {
    case cgroup
    case process
    /// A PostgreSQL cluster on this host, with its data directory and its processes.
    case postgres
    /// A PostgreSQL server that can be asked by SQL, wherever it is.
    case database
    /// A container that runs, with the runtime that can start it again.
    case container
    case link
    /// A program that the scenario starts.
    case service
    /// A file system that Brink makes for a service.
    case volume
    /// A PgBouncer that the scenario starts, with its admin console.
    case pooler
    /// An issuer of tokens that the scenario starts.
    case issuer
    /// A bookshop that checks tokens and remembers those it accepted.
    case tokenCache
    /// Entries that Brink can get at: a Redis, a table, or the memory of a service that lets it.
    case cache
    /// A Redis that the scenario starts.
    case redis

    public static func < (left: TargetKind, right: TargetKind) -> Bool { left.rawValue < right.rawValue }
}
