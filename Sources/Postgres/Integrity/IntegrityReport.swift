/// What ``ServerIntegrity`` found, and how much it looked at.
public struct IntegrityReport: Sendable {
    public enum Verdict: String, Sendable {
        case intact
        case damaged
        /// Nothing wrong was found, but too little was looked at to say more.
        case inconclusive
    }

    /// What is wrong.
    public internal(set) var findings: [IntegrityFinding] = []
    /// What should have been looked at and could not be.
    public internal(set) var unchecked: [IntegrityFinding] = []
    /// What else a reader should know: an extension that was made for the check, checksums that are off.
    public internal(set) var notes: [String] = []
    /// How many objects each check looked at: indexes, tables, constraints; for checksums and reload, databases.
    public internal(set) var checked: [IntegrityCheck: Int] = [:]
    /// What was asked for.
    public let checks: Set<IntegrityCheck>

    init(checks: Set<IntegrityCheck>) {
        self.checks = checks
    }

    /// Of one check. With nothing to look at, as a database without foreign keys, it is inconclusive.
    public func verdict(of check: IntegrityCheck) -> Verdict {
        if findings.contains(where: { $0.check == check }) { return .damaged }
        if unchecked.contains(where: { $0.check == check }) { return .inconclusive }
        return checked[check, default: 0] > 0 ? .intact : .inconclusive
    }

    /// Of all. There may be no foreign key, no checksums, and no check of heaps before PostgreSQL 14; indexes and
    /// reload always have something to look at, and one of the checks must have looked at something.
    public var verdict: Verdict {
        if !findings.isEmpty { return .damaged }
        let mustHave: Set<IntegrityCheck> = [.btreeIndexes, .reload]
        let isComplete =
            unchecked.isEmpty && checked.values.contains { $0 > 0 }
            && checks.intersection(mustHave).allSatisfy { checked[$0, default: 0] > 0 }
        return isComplete ? .intact : .inconclusive
    }

    mutating func count(_ check: IntegrityCheck, _ number: Int = 1) { checked[check, default: 0] += number }

    mutating func find(_ check: IntegrityCheck, _ database: String?, _ object: String? = nil, _ message: String) {
        findings.append(IntegrityFinding(check: check, database: database, object: object, message: message))
    }

    mutating func miss(_ check: IntegrityCheck, _ database: String?, _ object: String? = nil, _ message: String) {
        unchecked.append(IntegrityFinding(check: check, database: database, object: object, message: message))
    }

    /// Sorts a failed statement: SQLSTATE classes XX (internal error, corruption) and 58 (system error) tell of damage,
    /// all others of a check that was not made.
    mutating func sort(_ error: PostgresError, _ check: IntegrityCheck, _ database: String?, _ object: String? = nil) {
        if case .server(let state) = error.kind, state.hasPrefix("XX") || state.hasPrefix("58") {
            count(check)
            find(check, database, object, error.description)
        } else {
            miss(check, database, object, error.description)
        }
    }
}
