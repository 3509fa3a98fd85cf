import Engine
import Journal

/// Connections that are held for nothing else than that others lack them. All calls block.
protocol ConnectionHoard: Sendable {
    /// Brings it to its size as things are now: opens what is missing and lets go of what is too much.
    /// - Throws: when not even one could be opened.
    func adjust() throws

    /// What the server's side shows.
    func observe() throws -> Observation

    func verify(_ now: Observation) -> Verification

    /// Closes all and waits until the server has let go of them.
    func release() -> UndoOutcome
}
