import Testing

/// What injects faults for a test: a session of Brink, or what stands in for one.
protocol FaultSession: Sendable {
    /// Injects a fault until `undo`.
    /// - Returns: its name, and what showed that it took effect.
    func begin(_ fault: ChaosFault) async throws -> (name: String, evidence: String)

    func undo(_ name: String) async throws

    /// Waits until the steady state holds again.
    @discardableResult
    func recover(within patience: Duration) async throws -> Duration
}

extension FaultSession {
    /// Takes faults back, the last one first, each whatever becomes of the others.
    /// - Returns: a failure for each that may still be in force.
    func undoAll(_ names: [String]) async -> [BrinkFailure] {
        var failures: [BrinkFailure] = []
        for name in names.reversed() {
            do {
                try await undo(name)
            } catch {
                failures.append(BrinkFailure("\(name) was not taken back: \(error)", leavesFault: true))
            }
        }
        return failures
    }

    /// Takes faults back after what they were injected for.
    /// - Returns: what that returned.
    /// - Throws: what that threw, and failures to take faults back are then issues beside it; else the first of those
    ///   failures, and further ones are issues.
    func undoAll<Value: Sendable>(_ names: [String], after outcome: Result<Value, any Error>) async throws -> Value {
        let failures = await undoAll(names)
        switch outcome {
        case .failure(let error):
            for failure in failures { Issue.record(failure) }
            throw error
        case .success(let value):
            for failure in failures.dropFirst() { Issue.record(failure) }
            if let first = failures.first { throw first }
            return value
        }
    }
}
