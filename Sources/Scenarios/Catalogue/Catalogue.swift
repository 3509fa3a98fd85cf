/// The scenarios that come with Brink, by their ids.
public enum Catalogue {
    /// The YAML of a shipped scenario.
    public static func text(of id: String) -> String? { texts[id] }

    /// Ids of all shipped scenarios.
    public static var ids: [String] { texts.keys.sorted() }

    private static var texts: [String: String] {
        [
            "cascade.pool-and-database": String(
                decoding: PackageResources.cascade_pool_and_database_yaml, as: UTF8.self)
        ]
    }
}
