import Glibc

/// A moment at which the harness kills itself with SIGKILL, so that tests can show what the guardian makes of it.
///
/// Set by `BRINK_CRASH_POINT=before:17` or `after:17`: around the 17th record (counted from 0) of the journal.
public struct CrashPoint: Hashable, Sendable {
    public enum Side: String, Sendable {
        case before, after
    }

    public let side: Side
    public let record: Int

    /// Parses `before:N` or `after:N`.
    public init?(_ text: String) {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let side = Side(rawValue: String(parts[0])), let record = Int(parts[1]) else {
            return nil
        }
        self.side = side
        self.record = record
    }

    func reached(_ side: Side, record: Int) {
        if side == self.side, record == self.record { kill(getpid(), SIGKILL) }
    }
}
