/// The seeded mistakes of the reference service, by the names its `--weakness` flag takes.
public enum Weakness {
    public static let names = [
        "accepts-alg-none", "accepts-expired-token", "ack-before-commit", "cache-stampede", "fetches-jwks-always",
        "ignores-kid", "no-reconnect", "serves-expired-cache", "stale-after-write", "trusts-cache",
    ]
}
