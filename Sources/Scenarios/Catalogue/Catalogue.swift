/// The scenarios that come with Brink, by their ids.
public enum Catalogue {
    /// The files, by name; each holds the scenario of that name, or several whose ids begin with it and a dot.
    public static var files: [String] { texts.keys.sorted() }

    /// The YAML of a file.
    public static func text(of file: String) -> String? { texts[file] }

    /// The file that a scenario of this id would be in.
    public static func file(of id: String) -> String? {
        texts.keys.filter { id == $0 || id.hasPrefix("\($0).") }.max { $0.count < $1.count }
    }

    private static let texts: [String: String] = [
        "cache.redis": PackageResources.cache_redis_yaml,
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
