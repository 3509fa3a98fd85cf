/// The seeded mistakes of the reference service, by the names its `--weakness` flag takes.
public enum Weakness {
    public static let names = [
        "ack-before-commit", "cache-stampede", "no-reconnect", "serves-expired-cache", "stale-after-write",
        "trusts-cache",
    ]
}
