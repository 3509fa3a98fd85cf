/// The seeded mistakes of the reference service, by the names its `--weakness` flag takes.
public enum Weakness {
    public static let names = [
        "ack-before-commit", "no-reconnect", "accepts-alg-none", "accepts-expired-token", "ignores-kid",
        "fetches-jwks-always",
    ]
}
