import LinuxSystem
import Postgres
import Scenarios

/// Whether the machine has what a scenario says that it cannot do without.
struct NeedsCheck {
    let cgroupRoot: String
    /// Where the machine's files begin; other than `/` in tests only.
    var root = "/"

    /// What is missing and what to do about it; nil when nothing is.
    func lack(of needs: [ScenarioAbout.Need]) -> String? {
        let lacks = needs.compactMap { need in
            lack(of: need).map { "needs \(need), which this machine has not: \($0)" }
        }
        return lacks.isEmpty ? nil : lacks.joined(separator: "; ")
    }

    private func lack(of need: ScenarioAbout.Need) -> String? {
        switch need.kind {
        case .controller:
            let text = (try? SystemFile.readText("\(cgroupRoot)/cgroup.controllers")) ?? ""
            return text.split(whereSeparator: \.isWhitespace).contains(Substring(need.name))
                ? nil : "cgroup v2 has no such controller to delegate: use scripts/vm"
        case .module:
            let release = (try? SystemFile.readText("\(root)/proc/sys/kernel/osrelease")) ?? ""
            // One that is there the kernel loads by itself when it is asked for.
            return KernelModule(name: need.name, root: root).state(release: release) == .absent
                ? "no kernel module of that name is installed" : nil
        case .extension:
            let folder = "\(root)/usr/share/postgresql"
            let versions = (try? SystemFile.entries(of: folder)) ?? []
            return versions.contains { SystemFile.exists("\(folder)/\($0)/extension/\(need.name).control") }
                ? nil : "install PostgreSQL's contrib modules"
        case .program:
            return ["usr/bin", "usr/sbin", "usr/local/bin"].contains { SystemFile.exists("\(root)/\($0)/\(need.name)") }
                ? nil : "apt-get install \(need.name)"
        }
    }
}

/// A scenario that cannot be run as the machine is; nothing has been changed for it.
struct UnmetNeed: Error, CustomStringConvertible {
    let description: String
}
