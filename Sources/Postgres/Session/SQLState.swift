/// What five characters from the server mean for a write (PostgreSQL, "PostgreSQL Error Codes").
public enum SQLState {
    /// Classes of which an error can also come once the commit is in the WAL: connection trouble (08), lack of room or
    /// memory (53), operator intervention (57), system errors (58, as a failed sync) and internal ones (XX). The last
    /// three and a full disk make the server panic in the middle of a COMMIT, whose record it may find again.
    private static let open: Set<String> = ["08", "53", "57", "58", "XX"]

    /// Whether a statement, or a COMMIT, that was answered so surely stored nothing.
    public static func rulesOutCommit(_ state: String) -> Bool {
        // too_many_connections: there never was a session. statement_completion_unknown says it itself.
        state == "53300" || (state != "40003" && !open.contains(String(state.prefix(2))))
    }
}
