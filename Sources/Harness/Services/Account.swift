import Glibc
import LinuxSystem

/// Looks up system users.
enum Account {
    /// - Throws: when there is no such user.
    static func named(_ name: String, package: String = "postgresql") throws(HarnessError) -> SpawnRequest.Owner {
        guard let entry = getpwnam(name) else {
            throw HarnessError(.preflight, "there is no user \(name) on this machine: apt-get install \(package)")
        }
        return SpawnRequest.Owner(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
    }
}
