/// The seeded mistakes of the reference service, by the names its `--weakness` flag takes.
public enum Weakness {
    public static let names = [
        "accepts-alg-none", "accepts-expired-token", "ack-before-commit", "cache-stampede", "fetches-jwks-always",
        "health-lies", "ignores-kid", "leaks-connection-on-cancel", "leaks-descriptors-on-reset",
        "leaks-memory-on-error", "needs-database-at-start", "no-backoff", "no-deadlock-retry", "no-pool-timeout",
        "no-reconnect", "no-statement-timeout", "retries-non-idempotent", "retry-storm", "serves-expired-cache",
        "stale-after-write", "swallows-errors", "trusts-cache", "trusts-token-memory", "unbounded-queue",
    ]
}
