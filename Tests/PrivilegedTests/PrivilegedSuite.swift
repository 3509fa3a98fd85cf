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
        try call("/usr/sbin/modprobe", ["-a"] + modules)
    }

    /// Runs a program to its end.
    /// - Parameter cgroup: the folder of the cgroup that it is started in; nil for the test's own.
    /// - Returns: all that it said.
    @discardableResult
    static func call(
        _ program: String, _ arguments: [String], as owner: SpawnRequest.Owner? = nil, in cgroup: String? = nil
    ) throws -> String {
        let path = "/tmp/brink-call-\(UInt64.random(in: .min ... .max))"
        let output = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
        defer { try? SystemFile.removeTree(path) }
        let handle = try SpawnRequest(
            program, arguments, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], directory: "/", cgroup: cgroup,
            newSession: true, owner: owner, standardOutput: output.number, standardError: output.number
        ).start()
        let ended = handle.hasEnded(within: 120_000)
        let code = try handle.reap()
        let text = String(decoding: try SystemFile.read(path), as: UTF8.self)
        try #require(ended && code == 0, "\(program) \(arguments): status \(code ?? -1): \(text)")
        return text
    }

    /// Writes a scenario and gives its path.
    static func scenario(_ text: String, in place: String) throws -> String {
        let path = "\(place)/scenario-\(UInt32.random(in: .min ... .max)).yaml"
        try SystemFile.replace(path, Array(text.utf8), mode: 0o644)
        return path
    }
}
