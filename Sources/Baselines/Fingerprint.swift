/// Tells machines apart by what stays the same on one: not by its load, nor by the version of what is measured.
public enum Fingerprint {
    /// Facts that count.
    static let stable = [
        "cgroup.cpu.max", "cgroup.memory.max", "cpuModel", "cpus", "governor", "kernel", "memory", "postgresql",
        "virtualised",
    ]

    /// 16 hexadecimal digits: FNV-1a over the stable facts.
    public static func of(_ environment: [String: String]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in stable.map({ "\($0)=\(environment[$0] ?? "")\n" }).joined().utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The stable facts in which two environments differ, in words.
    public static func differences(_ old: [String: String], _ new: [String: String]) -> [String] {
        stable.filter { old[$0] != new[$0] }.map {
            "\($0): \(old[$0] ?? "not known") before, \(new[$0] ?? "not known") now"
        }
    }
}
