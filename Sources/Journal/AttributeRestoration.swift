import Cgroups
import LinuxSystem

/// Puts an attribute back on every listed process, then on all that inherited the injected value, until a walk finds
/// none: a process that forks while the walk goes on is caught by the next one.
struct AttributeRestoration {
    private let set: UndoAction.Attribute
    private let table: ProcessTable

    init(_ set: UndoAction.Attribute, table: ProcessTable) {
        self.set = set
        self.table = table
    }

    func restore() throws(SystemError) -> UndoOutcome {
        var restored = false
        var conflicts: [String] = []
        for entry in set.entries where table.isRunning(entry.process) {
            let current = try set.attribute.read(entry.process.pid)
            if current == entry.prior { continue }
            guard current == entry.injected else {
                conflicts.append(
                    "\(set.attribute.name) of \(entry.process) is \(current), neither injected nor prior: left alone")
                continue
            }
            try set.attribute.write(entry.process.pid, entry.prior)
            restored = true
        }
        for _ in 0..<10 {
            let heirs = try heirs()
            if heirs.isEmpty { break }
            for (pid, prior) in heirs {
                try? set.attribute.write(pid, prior)  // It may have ended meanwhile; the next walk tells.
                restored = true
            }
        }
        let left = try heirs()
        guard left.isEmpty else { return .failed("\(left.count) descendants keep \(set.attribute.name)") }
        guard conflicts.isEmpty else { return .conflict(conflicts.joined(separator: "; ")) }
        if restored { return .restored }
        return set.entries.contains { table.isRunning($0.process) }
            ? .alreadyRestored : .targetGone("all its processes have ended")
    }

    /// Processes or threads that were not listed but carry the injected value, with the value they would have
    /// inherited.
    func heirs() throws(SystemError) -> [(pid: Int32, prior: String)] {
        let listed = Dictionary(
            // A pid that is in use again has nothing to do with the target.
            set.entries.filter { table.isRunning($0.process) }.map { ($0.process.pid, $0) },
            uniquingKeysWith: { first, _ in first })
        // One that had the value already cannot have passed it on by Brink's doing.
        guard let fallback = set.entries.first(where: { $0.prior != $0.injected }) else { return [] }
        var found: [(pid: Int32, prior: String)] = []
        for process in try candidates(Set(listed.keys)) {
            let origins = [process] + ((try? table.ancestors(of: process)) ?? [])
            let origin = origins.lazy.compactMap { listed[$0] }.first ?? fallback
            guard origin.prior != origin.injected else { continue }
            for pid in set.attribute.isPerThread ? ((try? table.threads(of: process)) ?? []) : [process] {
                guard listed[pid] == nil, let current = try? set.attribute.read(pid), current == origin.injected
                else { continue }
                found.append((pid, origin.prior))
            }
        }
        return found
    }

    /// The processes that can have inherited something; with the listed ones where their threads count.
    private func candidates(_ listed: Set<Int32>) throws(SystemError) -> [Int32] {
        var candidates = Set(try table.descendants(of: listed))
        if let folder = set.cgroupFolder, SystemFile.exists(folder) {
            candidates.formUnion(try CgroupHierarchy(unchecked: folder).cgroup("").allProcesses())
        }
        // Of listed threads only the processes: through any other, a new thread would seem to be its heir.
        if set.attribute.isPerThread {
            candidates.formUnion(listed.filter { (try? table.process(ofThread: $0)) == $0 })
        }
        return candidates.sorted()
    }
}
