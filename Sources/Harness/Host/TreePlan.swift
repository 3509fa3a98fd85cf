import CgroupLayouts
import Cgroups
import LinuxSystem
import Scenarios

/// What `HostTree` would do to the cgroups of this host for a scenario. Reads only.
struct TreePlan: Sendable {
    let hierarchy: CgroupHierarchy
    let services: [Service]
    let slice: String

    func writes() throws -> [PlannedWrite] {
        var writes: [PlannedWrite] = []
        /// Those that the run makes.
        var made: Set<String> = []
        let root = try hierarchy.cgroup("")
        writes += delegation(from: root)
        for entry in try HostTree.layout(in: slice).entries {
            let cgroup = try hierarchy.cgroup(entry.cgroup)
            if !cgroup.exists, made.insert(cgroup.path).inserted {
                writes.append(creation(of: cgroup))
                if entry.cgroup == slice { writes += delegation(from: cgroup) }
            }
            guard let knob = entry.knob, let value = entry.value else { continue }
            let subject = cgroup.file(knob)
            if made.contains(cgroup.path) {
                writes.append(PlannedWrite("\(subject) ← \(value)", undo: "goes with its cgroup"))
            } else if let prior = try? cgroup.readText(knob), prior != value {
                writes.append(PlannedWrite("\(subject) ← \(value) (now \(prior))", undo: "\(subject) ← \(prior)"))
            }
        }
        let top = try hierarchy.cgroup(slice)
        if !made.contains(top.path) { writes += delegation(from: top) }
        for name in places {
            let cgroup = top.child(name)
            if !cgroup.exists, made.insert(cgroup.path).inserted { writes.append(creation(of: cgroup)) }
        }
        for (who, name) in [("the guardian", "guardian"), ("brink itself", "control")] {
            writes.append(
                PlannedWrite(
                    "\(top.child(name).file("cgroup.procs")) ← the pid of \(who)",
                    undo: "back into the cgroup that it came from"))
        }
        return writes
    }

    /// Cgroups of services, and that of the issuers of tokens.
    private var places: [String] {
        services.flatMap { service in
            if case .bookshop(let settings) = service.kind, settings.authentication { return [service.cgroup, "load"] }
            return [service.cgroup]
        }
    }

    private func creation(of cgroup: Cgroup) -> PlannedWrite {
        PlannedWrite("make the cgroup \(cgroup.folder)", undo: "kill what is in it and remove it")
    }

    private func delegation(from cgroup: Cgroup) -> [PlannedWrite] {
        let file = cgroup.file("cgroup.subtree_control")
        let prior = (try? cgroup.readText("cgroup.subtree_control")) ?? ""
        let missing = HostTree.controllers.filter { !prior.split(separator: " ").map(String.init).contains($0) }
        guard !missing.isEmpty else { return [] }
        let now = cgroup.exists ? " (now \(prior.isEmpty ? "empty" : prior))" : ""
        let undo =
            cgroup.exists
            ? "\(file) ← \(missing.map { "-\($0)" }.joined(separator: " "))" : "goes with its cgroup"
        return [PlannedWrite("\(file) ← \(missing.map { "+\($0)" }.joined(separator: " "))\(now)", undo: undo)]
    }
}

/// One write of a plan with its undo, both in words.
struct PlannedWrite: Hashable, Sendable {
    let write: String
    let undo: String

    init(_ write: String, undo: String) {
        self.write = write
        self.undo = undo
    }

    var lines: [String] { ["write: \(write)", "undo:  \(undo)"] }
}
