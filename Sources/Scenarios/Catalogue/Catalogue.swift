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
        "cache.discipline": PackageResources.cache_discipline_yaml,
        "cache.entries": PackageResources.cache_entries_yaml,
        "cache.redis": PackageResources.cache_redis_yaml,
        "cache.table": PackageResources.cache_table_yaml,
        "cascade.pool-and-database": PackageResources.cascade_pool_and_database_yaml,
        "cascades.failover": PackageResources.cascades_failover_yaml,
        "cascades.faults": PackageResources.cascades_faults_yaml,
        "cascades.identity": PackageResources.cascades_identity_yaml,
        "consistency.failover": PackageResources.consistency_failover_yaml,
        "consistency.histories": PackageResources.consistency_histories_yaml,
        "consistency.retries": PackageResources.consistency_retries_yaml,
        "consistency.writes": PackageResources.consistency_writes_yaml,
        "database.corruption": PackageResources.database_corruption_yaml,
        "database.crashes": PackageResources.database_crashes_yaml,
        "database.errors": PackageResources.database_errors_yaml,
        "database.locks": PackageResources.database_locks_yaml,
        "database.queries": PackageResources.database_queries_yaml,
        "database.replication": PackageResources.database_replication_yaml,
        "database.starts": PackageResources.database_starts_yaml,
        "database.storage": PackageResources.database_storage_yaml,
        "identity.door": PackageResources.identity_door_yaml,
        "identity.issuer": PackageResources.identity_issuer_yaml,
        "network.answers": PackageResources.network_answers_yaml,
        "network.link": PackageResources.network_link_yaml,
        "network.packets": PackageResources.network_packets_yaml,
        "pool.clients": PackageResources.pool_clients_yaml,
        "pool.connections": PackageResources.pool_connections_yaml,
        "pool.discipline": PackageResources.pool_discipline_yaml,
        "pool.pgbouncer": PackageResources.pool_pgbouncer_yaml,
        "resources.calls": PackageResources.resources_calls_yaml,
        "resources.limits": PackageResources.resources_limits_yaml,
        "resources.memory": PackageResources.resources_memory_yaml,
        "resources.processor": PackageResources.resources_processor_yaml,
        "resources.resets": PackageResources.resources_resets_yaml,
    ].mapValues { String(decoding: $0, as: UTF8.self) }
}
