import Foundation
import Glibc
import LinuxSystem
import Testing

/// Tests that change a host: they run where scripts/test runs them, in the VM, one after the other.
@Suite(
    .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["BRINK_PRIVILEGED"] == "1", "run by scripts/test in the VM"))
enum PrivilegedSuite {
    /// A folder for one test, under /var/tmp so that other users can enter it.
    static func place() throws -> String {
        let path = "/var/tmp/brink-test-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try SystemFile.makeFolders(path, mode: 0o755)
        return path
    }

    /// Loads modules of the kernel: the VM has no udev that would.
    static func load(modules: [String]) throws {
        let handle = try SpawnRequest(
            "/usr/sbin/modprobe", ["-a"] + modules, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        ).start()
        let ended = handle.hasEnded(within: 30_000)
        let code = try handle.reap()
        try #require(ended && code == 0, "modprobe \(modules)")
    }

    /// Writes a scenario and gives its path.
    static func scenario(_ text: String, in place: String) throws -> String {
        let path = "\(place)/scenario-\(UInt32.random(in: .min ... .max)).yaml"
        try SystemFile.replace(path, Array(text.utf8), mode: 0o644)
        return path
    }
}
