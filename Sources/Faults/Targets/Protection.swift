import Cgroups
import Engine
import LinuxSystem

/// What Brink refuses to hit, whatever a scenario says: promise 7 of the design.
public struct Protection: Sendable {
    private let table: ProcessTable
    private let harness: Int32
    /// The guardian, and whatever else the harness runs for itself.
    private let companions: Set<Int32>

    public init(table: ProcessTable, harness: Int32, companions: Set<Int32>) {
        self.table = table
        self.harness = harness
        self.companions = companions
    }

    /// Programs through which people and the system reach the machine.
    private static let loginChain: Set<String> = [
        "sshd", "sshd-session", "sshd-auth", "login", "agetty", "getty", "sulogin", "systemd", "systemd-logind",
        "systemd-journal", "systemd-udevd", "systemd-network", "systemd-resolve", "systemd-timesyn", "dbus-daemon",
        "dbus-broker", "dbus-broker-lau", "init",
    ]

    private static let systemSlices: Set<String> = ["init.scope", "system.slice", "user.slice", "machine.slice"]

    /// - Throws: with the reason when the process must not be hit.
    public func check(process pid: Int32) throws(FaultError) {
        if let reason = try refusal(of: pid) { throw FaultError("refused: pid \(pid) is \(reason)") }
    }

    /// - Throws: with the reason when the cgroup, or something in it, must not be hit.
    public func check(cgroup: Cgroup) throws(FaultError) {
        if cgroup.path.isEmpty { throw FaultError("refused: the root cgroup is the whole machine") }
        if Protection.systemSlices.contains(cgroup.path) {
            throw FaultError("refused: \(cgroup) holds the system itself; name a unit or a cgroup of your own in it")
        }
        let last = cgroup.path.split(separator: "/").last.map(String.init) ?? ""
        if last.hasPrefix("systemd-") || last.hasPrefix("ssh.") || last.hasPrefix("sshd") || last.hasPrefix("dbus") {
            throw FaultError("refused: \(cgroup) is one of the system's own units")
        }
        let pids: [Int32]
        do throws(SystemError) { pids = try cgroup.allProcesses() } catch { throw FaultError("\(error)") }
        for pid in pids {
            guard let reason = try refusal(of: pid) else { continue }
            throw FaultError("refused: the cgroup \(cgroup) contains pid \(pid), which is \(reason)")
        }
    }

    private func refusal(of pid: Int32) throws(FaultError) -> String? {
        if pid <= 1 { return "the system's first process" }
        if pid == harness { return "Brink itself" }
        if companions.contains(pid) { return "Brink's guardian" }
        let status: ProcessStatus
        do throws(SystemError) {
            if try table.ancestors(of: harness).contains(pid) { return "an ancestor of Brink" }
            status = try table.status(of: pid)
        } catch {
            // It has ended: there is nothing to protect.
            if error.errno == .noSuchProcess { return nil }
            throw FaultError("\(error)")
        }
        if status.isKernelThread || status.parent == 2 { return "a kernel thread" }
        if Protection.loginChain.contains(status.name) { return "\(status.name), part of the login chain" }
        return nil
    }
}
