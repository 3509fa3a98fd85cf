/// The layouts of this folder, compiled in, so that one executable is all that a host needs.
public enum CgroupLayouts {
    /// The tree below the cgroup v2 root.
    public static var tree: String { text(PackageResources.tree_conf) }

    /// Pressure profiles by name, for `cgroup.profile` faults and by hand.
    public static var profiles: [String: String] {
        [
            "noisy-neighbour": text(PackageResources.noisy_neighbour_conf),
            "slow-cpu": text(PackageResources.slow_cpu_conf),
            "tight-memory": text(PackageResources.tight_memory_conf),
        ]
    }

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
