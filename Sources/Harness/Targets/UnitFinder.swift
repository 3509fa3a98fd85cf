import Cgroups
import Engine
import Faults
import LinuxSystem
import SystemdUnits

/// Asks systemd for a unit that runs: its cgroup, its main process, and where what is set for it at run time is kept.
struct UnitFinder {
    struct Found: Sendable {
        let unit: UnitTarget
        let cgroup: Cgroup
        /// Nil for a scope or slice, and for a service without a main process.
        let process: ProcessIdentity?
    }

    private let hierarchy: CgroupHierarchy
    private let table: ProcessTable

    init(hierarchy: CgroupHierarchy, table: ProcessTable) {
        self.hierarchy = hierarchy
        self.table = table
    }

    /// - Parameters:
    ///   - name: the unit's, or an alias.
    ///   - target: the target's id, for the error.
    /// - Throws: saying how it is with the unit when it does not run, or cannot be seen from here.
    func find(_ name: String, target: String) throws -> Found {
        do throws(SystemError) {
            let systemd = try SystemdConnection()
            let unit = try systemd.unit(name)
            let load = try systemd.text("LoadState", of: unit)
            guard load == "loaded" else {
                throw SystemError(
                    "find unit", on: name, .noSuchFileOrDirectory,
                    advice: "systemd says: \(load); `systemctl list-units` shows those there are")
            }
            let path = try systemd.controlGroup(of: unit)
            guard !path.isEmpty else {
                let state =
                    "\(try systemd.text("ActiveState", of: unit)) (\(try systemd.text("SubState", of: unit)))"
                throw SystemError(
                    "find a cgroup of unit", on: name, .noSuchFileOrDirectory,
                    advice: "systemd says: \(state); start it first, there is nothing to hit")
            }
            let cgroup = try hierarchy.cgroup(path)
            guard cgroup.exists else {
                throw SystemError(
                    "find the cgroup of unit \(name)", on: cgroup.folder, .noSuchFileOrDirectory,
                    advice: "systemd says \(path): give Brink the host's view of cgroups (--cgroupns=host)")
            }
            // What is set for a unit that has no file of its own is kept beside it (systemd.unit(5), "Unit File Load
            // Path").
            let kept = try systemd.flag("Transient", of: unit) ? "transient" : "system.control"
            let folder = "/run/systemd/\(kept)"
            let dropIns = "\(folder)/\(unit.name).d"
            return Found(
                unit: UnitTarget(
                    name: unit.name, dropIns: dropIns, keptFolders: [folder, dropIns].filter(SystemFile.exists)),
                cgroup: cgroup, process: try process(systemd.mainProcess(of: unit), of: unit.name, cgroup))
        } catch {
            throw FaultError("target \(target): \(error)")
        }
    }

    /// Pids mean what systemd means by them only in its own PID namespace.
    private func process(_ pid: Int32?, of name: String, _ cgroup: Cgroup) throws(SystemError) -> ProcessIdentity? {
        guard let pid else { return nil }
        let advice = "systemd says it is the main process of \(name): give Brink the host's pids (--pid=host)"
        let identity: ProcessIdentity
        let home: String?
        do throws(SystemError) {
            identity = try table.identity(of: pid)
            home = try table.cgroup(of: pid)
        } catch {
            throw SystemError(error.operation, on: error.subject, error.errno, advice: advice)
        }
        guard let home, let place = try? hierarchy.cgroup(home), cgroup.contains(place) else {
            throw SystemError(
                "find process \(pid) in \(cgroup) (it is in \(home ?? "no cgroup v2"))", on: name, .noSuchProcess,
                advice: advice)
        }
        return identity
    }

    /// Taking back a change of a unit ends with a daemon-reload, which must bring nothing else into force.
    /// - Throws: when the unit's files say something that systemd has not read yet.
    func confirmUndoable(_ unit: UnitTarget, target: String) throws {
        let systemd = try SystemdConnection()
        guard try systemd.flag("NeedDaemonReload", of: systemd.unit(unit.name)) else { return }
        throw FaultError(
            "target \(target): the files of \(unit.name) or its drop-ins changed since systemd read them, and taking a "
                + "change back would bring them into force: run systemctl daemon-reload first")
    }
}
