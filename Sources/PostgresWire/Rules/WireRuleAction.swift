extension WireRule {
    /// What becomes of the message that triggers a rule.
    public enum Action: Hashable, Sendable {
        /// It goes on this many nanoseconds later, 0…86,400,000,000,000 (a day), and all behind it no earlier.
        case delay(Int64)
        /// The connection is closed before the message is forwarded; for `.dataRow`, after.
        case cut(reset: Bool)
        /// A client's request isn't forwarded and fails with this SQLSTATE (five of 0-9 and A-Z) and message.
        ///
        /// The session goes on as after an error of the server's own: in a transaction the status is then failed,
        /// further statements get 25P02 until it is ended, and an end is a rollback; at COMMIT the transaction is
        /// rolled back and over; in the extended protocol messages are skipped until Sync, and what ran since the last
        /// Sync outside a transaction block is rolled back. See ``RequestFailure`` for how.
        ///
        /// A transaction that has failed already is left to the server: such a rule doesn't act in it.
        ///
        /// At `.authentication`, and for an SQLSTATE with which the server ends sessions, such as 57P01, the severity
        /// is FATAL and the connection is closed.
        case error(sqlState: String, message: String)
        /// The message is dropped for good, and whoever it was for waits. A rule taken away doesn't bring it back.
        case swallow

        /// An error after which the session goes on.
        var isPassingError: Bool {
            if case .error(let sqlState, _) = self { !ErrorResponse.endsSession(sqlState) } else { false }
        }
    }
}
