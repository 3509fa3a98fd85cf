import Synchronization

/// Transactions that this process's observers have ended, by server and database.
///
/// PostgreSQL counts them with those of the service that is observed (`pg_stat_database`); who wants to know what the
/// service did takes them off. An observer is a session whose `application_name` begins with `brink-`.
public final class ObserverTransactions: Sendable {
    public static let shared = ObserverTransactions()

    /// A database as a connection reached it.
    public struct Place: Hashable, Sendable {
        let host: String
        let port: String
        let database: String

        /// Another database of the same server.
        public func other(_ database: String) -> Place { Place(host: host, port: port, database: database) }
    }

    private let counts = Mutex<[Place: Int]>([:])

    func add(_ place: Place) { counts.withLock { $0[place, default: 0] += 1 } }

    /// How many so far: a figure that only grows, also where the server has forgotten what it counted.
    public func count(in place: Place) -> Int { counts.withLock { $0[place] ?? 0 } }

    static func isObserver(_ applicationName: String) -> Bool { applicationName.hasPrefix("brink-") }
}
