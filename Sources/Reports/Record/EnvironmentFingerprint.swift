/// Says in a few characters whether two runs were measured on machines alike: CPU model, cores, kernel, and the versions
/// of PostgreSQL and Brink. Load and free memory, which change by the minute, are no part of it.
public struct EnvironmentFingerprint: Hashable, Sendable {
    static let keys = ["cpuModel", "cpus", "kernel", "postgresql", "virtualised"]

    /// 16 hexadecimal digits.
    public let text: String

    public init(_ environment: [String: String], brinkVersion: String) {
        // FNV-1a: nobody gains anything by a collision.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func take(_ text: String) {
            for byte in text.utf8 + [0] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        for key in EnvironmentFingerprint.keys { take(environment[key] ?? "") }
        take(brinkVersion)
        let digits = String(hash, radix: 16)
        text = String(repeating: "0", count: 16 - digits.count) + digits
    }
}
