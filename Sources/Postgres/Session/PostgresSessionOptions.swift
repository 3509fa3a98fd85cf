/// How a ``PostgresSession`` is made and how long it waits.
public struct PostgresSessionOptions: Sendable {
    /// How long making the connection may take altogether, name resolution excepted (libpq blocks in it).
    public var connectTimeout: Duration
    /// How long one statement may take unless the call says otherwise.
    public var statementTimeout: Duration
    /// What the server shows as `application_name` when the connection string does not set one.
    public var applicationName: String
    /// Settings that the session begins with, by name; values without spaces. Not for sessions through a pooler.
    public var settings: [String: String] = [:]

    public init(
        connectTimeout: Duration = .seconds(5),
        statementTimeout: Duration = .seconds(30),
        applicationName: String = "brink"
    ) {
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
        self.applicationName = applicationName
    }
}
