import Cgroups
import LinuxSystem

/// Puts an attribute back on every listed process, then on all that inherited the injected value, until a walk finds
/// none: a process that forks while the walk goes on is caught by the next one.
struct AttributeRestoration {
    private let set: UndoAction.Attribute
    private let table: ProcessTable

    private static let mostWalks = 400
    /// A child that is being made has its parent's value already and is in no table yet: on a busy machine it comes to
    /// light some milliseconds after the parent was restored.
    private static let cleanWalks = 3
    private static let pause: Int32 = 5

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
        var left = 0
        var clean = 0
        for _ in 0..<Self.mostWalks where clean < Self.cleanWalks {
            let heirs = try heirs()
            for (pid, prior) in heirs {
                try? set.attribute.write(pid, prior)  // It may have ended meanwhile; the next walk tells.
                restored = true
            }
            left = heirs.count
            clean = heirs.isEmpty ? clean + 1 : 0
            MonotonicClock.pause(milliseconds: Self.pause)
        }
        guard clean == Self.cleanWalks else { return .failed("\(left) descendants keep \(set.attribute.name)") }
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
        let sources = sources(listed)
        var found: [(pid: Int32, prior: String)] = []
        for process in try candidates(Set(listed.keys)) {
            let origins = [process] + ((try? table.ancestors(of: process)) ?? [])
            let origin = origins.lazy.compactMap { sources[$0] }.first ?? fallback
            guard origin.prior != origin.injected else { continue }
            for pid in set.attribute.isPerThread ? ((try? table.threads(of: process)) ?? []) : [process] {
                guard listed[pid] == nil, let current = try? set.attribute.read(pid), current == origin.injected
                else { continue }
                found.append((pid, origin.prior))
            }
        }
        return found
    }

    /// For each process, whose value its new threads and children have: of several threads the first that was changed,
    /// which for most processes is the main one.
    private func sources(_ listed: [Int32: UndoAction.Attribute.Entry]) -> [Int32: UndoAction.Attribute.Entry] {
        guard set.attribute.isPerThread else { return listed }
        var sources: [Int32: UndoAction.Attribute.Entry] = [:]
        for (thread, entry) in listed.sorted(by: { $0.key < $1.key }) {
            guard let process = try? table.process(ofThread: thread) else { continue }
            if let known = sources[process], known.prior != known.injected { continue }
            sources[process] = entry
        }
        return sources
    }

    /// The processes that can have inherited something; with the listed ones where their threads count.
    private func candidates(_ listed: Set<Int32>) throws(SystemError) -> [Int32] {
        // A thread has no children of its own (proc_pid_stat(5), ppid).
        let roots = set.attribute.isPerThread ? Set(listed.compactMap { try? table.process(ofThread: $0) }) : listed
        var candidates = Set(try table.descendants(of: roots))
        if set.attribute.isPerThread { candidates.formUnion(roots) }
        if let folder = set.cgroupFolder, SystemFile.exists(folder) {
            candidates.formUnion(try CgroupHierarchy(unchecked: folder).cgroup("").allProcesses())
        }
        return candidates.sorted()
    }
}
