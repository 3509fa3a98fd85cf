import Glibc
import Harness
import LinuxSystem
import Testing

@Suite struct DoctorTests {
    private func findings(controllers: String) throws -> [String: Doctor.Finding] {
        let root = "/tmp/brink-doctor-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try SystemFile.makeFolders(root)
        defer { try? SystemFile.removeTree(root) }
        try SystemFile.replace("\(root)/cgroup.controllers", Array("\(controllers)\n".utf8))
        try SystemFile.replace("\(root)/cgroup.subtree_control", [])
        var settings = Settings()
        settings.cgroupRoot = root
        return Dictionary(uniqueKeysWithValues: Doctor(settings: settings).findings().map { ($0.name, $0) })
    }

    /// A plain folder is no hierarchy, whatever files are in it.
    @Test func whatIsNoHierarchyIsMissing() throws {
        let findings = try findings(controllers: "cpu io memory pids cpuset")
        #expect(findings["cgroup v2"]?.state == .missing)
        #expect(findings["cgroup v2"]?.detail.contains("scripts/vm") == true)
        #expect(findings["pressure stall information"]?.state == .fine)
    }

    /// No run is refused for the lack of what its faults do not use.
    @Test func optionsAreNeverMissing() throws {
        let findings = try findings(controllers: "")
        let options = ["swap", "kernel log", "systemd", "device mapper", "mkfs.ext4"]
        let runtimes = findings.keys.filter { $0.hasPrefix("containers of ") }
        #expect(runtimes.count == 5)
        for name in options + runtimes {
            let finding = try #require(findings[name])
            #expect(finding.state != .missing)
            if finding.state == .absent { #expect(finding.detail.contains("need"), "\(name)") }
        }
    }
}
