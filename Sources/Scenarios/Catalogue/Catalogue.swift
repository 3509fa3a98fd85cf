/// The scenarios that come with Brink, by their ids.
public enum Catalogue {
    /// The YAML of a shipped scenario.
    public static func text(of id: String) -> String? { texts[id] }

    /// Ids of all shipped scenarios.
    public static var ids: [String] { texts.keys.sorted() }

    private static let texts: [String: String] = [
        "cascade.pool-and-database": PackageResources.cascade_pool_and_database_yaml,
        "network.connections": PackageResources.network_connections_yaml,
        "network.latency": PackageResources.network_latency_yaml,
        "network.packets": PackageResources.network_packets_yaml,
        "pool.pgbouncer": PackageResources.pool_pgbouncer_yaml,
        "postgres.crashes": PackageResources.postgres_crashes_yaml,
        "postgres.failover": PackageResources.postgres_failover_yaml,
        "postgres.locks": PackageResources.postgres_locks_yaml,
        "postgres.queries": PackageResources.postgres_queries_yaml,
        "postgres.replication": PackageResources.postgres_replication_yaml,
        "postgres.sessions": PackageResources.postgres_sessions_yaml,
        "postgres.storage": PackageResources.postgres_storage_yaml,
    ].mapValues { String(decoding: $0, as: UTF8.self) }
}
