import Cgroups
import Glibc
import LinuxSystem
import SystemPackage

/// Carries out undo actions on this host. The same code in the harness, the guardian and `brink recover`.
public struct UndoExecutor: Sendable {
    private let table: ProcessTable

    public init(table: ProcessTable = ProcessTable()) {
        self.table = table
    }

    /// Takes one change back. Never throws: every failure is an outcome that is recorded and reported.
    public func undo(_ action: UndoAction) -> UndoOutcome {
        do throws(SystemError) {
            switch action {
            case .restoreKnob(let knob): return try restore(knob)
            case .restoreControllers(let file, let prior): return try restoreControllers(file, prior)
            case .restoreLimits(let limits): return try restore(limits)
            case .resume(let process): return try resume(process)
            case .end(let process): return try end(process)
            case .startServer(let start): return try ServerStarter(table: table).start(start)
            case .removeCgroup(let folder): return try removeCgroup(folder)
            case .removeTree(let path): return try removeTree(path)
            }
        } catch {
            return .failed(error.description)
        }
    }

    private func restore(_ knob: UndoAction.Knob) throws(SystemError) -> UndoOutcome {
        let folder = SystemFile.parent(of: knob.file)
        guard SystemFile.exists(folder) else { return .targetGone("the cgroup \(folder) was removed") }
        guard try SystemFile.inode(of: folder) == knob.inode else {
            return .targetGone("\(folder) is another cgroup of the same name")
        }
        let current = try SystemFile.read(knob.file)
        if current == knob.prior { return .alreadyRestored }
        guard current == knob.injected else {
            return .conflict(
                "\(knob.file) shows \"\(current.trimmedText)\", neither the injected "
                    + "\"\(knob.injected.trimmedText)\" nor the prior \"\(knob.prior.trimmedText)\": "
                    + "someone else wrote it, so it was left alone")
        }
        do {
            try SystemFile.writeOnce(knob.file, knob.prior)
        } catch {
            // Writing a memory limit can be interrupted by reclaim that is going on; the kernel says EBUSY or EINTR.
            guard error.errno == .resourceBusy || error.errno == .interrupted else { throw error }
            try SystemFile.writeOnce(knob.file, knob.prior)
        }
        let seen = try SystemFile.read(knob.file)
        guard seen == knob.prior else {
            return .failed(
                "wrote \"\(knob.prior.trimmedText)\" to \(knob.file), but it shows \"\(seen.trimmedText)\"")
        }
        return .restored
    }

    private func restoreControllers(_ file: String, _ prior: [String]) throws(SystemError) -> UndoOutcome {
        guard SystemFile.exists(file) else { return .targetGone("\(file) is gone") }
        let current = try controllers(file)
        let superfluous = current.subtracting(prior)
        if superfluous.isEmpty { return .alreadyRestored }
        try SystemFile.writeOnce(file, Array(superfluous.sorted().map { "-\($0)" }.joined(separator: " ").utf8))
        guard try controllers(file).subtracting(prior).isEmpty else {
            return .failed("\(file) still shows \(try SystemFile.readText(file))")
        }
        return .restored
    }

    private func controllers(_ file: String) throws(SystemError) -> Set<String> {
        Set(try SystemFile.readText(file).split(separator: " ").map(String.init))
    }

    /// Restores every listed process, then all that inherited the injected value, until a walk finds none:
    /// a process that forks while the walk goes on is caught by the next one.
    private func restore(_ limits: UndoAction.Limits) throws(SystemError) -> UndoOutcome {
        var restored = false
        var conflicts: [String] = []
        for entry in limits.entries where table.isRunning(entry.process) {
            let current = try limits.resource.read(entry.process.pid)
            if current == entry.prior { continue }
            guard current.soft == limits.injectedSoft, current.hard == entry.prior.hard else {
                conflicts.append(
                    "\(limits.resource.rawValue) of \(entry.process) is \(current.soft)/\(current.hard), "
                        + "neither injected nor prior: left alone")
                continue
            }
            try limits.resource.write(entry.process.pid, entry.prior)
            restored = true
        }
        for _ in 0..<10 {
            let heirs = try heirs(of: limits)
            if heirs.isEmpty { break }
            for (pid, prior) in heirs {
                try? limits.resource.write(pid, prior)  // It may have ended meanwhile; the next walk tells.
                restored = true
            }
        }
        let left = try heirs(of: limits)
        guard left.isEmpty else { return .failed("\(left.count) descendants keep \(limits.resource.rawValue)") }
        guard conflicts.isEmpty else { return .conflict(conflicts.joined(separator: "; ")) }
        if restored { return .restored }
        return limits.entries.contains { table.isRunning($0.process) }
            ? .alreadyRestored : .targetGone("all its processes have ended")
    }

    /// Processes that were not listed but carry the injected value, with the value they would have inherited.
    func heirs(of limits: UndoAction.Limits) throws(SystemError) -> [(pid: Int32, prior: ResourceLimit.Values)] {
        let listed = Dictionary(
            // A pid that is in use again has nothing to do with the target.
            limits.entries.filter { table.isRunning($0.process) }.map { ($0.process.pid, $0.prior) },
            uniquingKeysWith: { first, _ in first })
        guard let fallback = limits.entries.first(where: { $0.prior.soft != limits.injectedSoft })?.prior else {
            return []
        }
        var candidates = Set(try table.descendants(of: Set(listed.keys)))
        if let folder = limits.cgroupFolder, SystemFile.exists(folder) {
            let cgroup = try CgroupHierarchy(unchecked: folder).cgroup("")
            candidates.formUnion(try cgroup.allProcesses())
        }
        var found: [(pid: Int32, prior: ResourceLimit.Values)] = []
        for pid in candidates.subtracting(listed.keys).sorted() {
            guard let current = try? limits.resource.read(pid), current.soft == limits.injectedSoft else { continue }
            var prior = fallback
            for ancestor in (try? table.ancestors(of: pid)) ?? [] {
                if let inherited = listed[ancestor] {
                    prior = inherited
                    break
                }
            }
            if current.hard == prior.hard, prior.soft != limits.injectedSoft { found.append((pid, prior)) }
        }
        return found
    }

    private func resume(_ process: ProcessIdentity) throws(SystemError) -> UndoOutcome {
        guard table.isRunning(process) else { return .targetGone("\(process) has ended") }
        let wasStopped = try table.status(of: process.pid).state == "T"
        // Sent in any case: a stop can still be pending in a frozen or waiting process, and CONT discards it (signal(7)).
        try ProcessHandle(opening: process, in: table).send(.resume)
        let end = MonotonicClock.now() + .seconds(1)
        while MonotonicClock.now() < end {
            if !table.isRunning(process) { return .targetGone("\(process) has ended") }
            if try table.status(of: process.pid).state != "T" { return wasStopped ? .restored : .alreadyRestored }
            MonotonicClock.pause(milliseconds: 1)
        }
        return .failed("\(process) is still stopped 1 s after SIGCONT")
    }

    private func end(_ process: ProcessIdentity) throws(SystemError) -> UndoOutcome {
        guard table.isRunning(process) else { return .alreadyRestored }
        let handle = try ProcessHandle(opening: process, in: table)
        try handle.send(.kill)
        return handle.hasEnded(within: 5000) ? .restored : .failed("\(process) still runs 5 s after SIGKILL")
    }

    private func removeCgroup(_ folder: String) throws(SystemError) -> UndoOutcome {
        guard SystemFile.exists(folder) else { return .alreadyRestored }
        try CgroupHierarchy(unchecked: folder).cgroup("").killAndRemove()
        return .restored
    }

    private func removeTree(_ path: String) throws(SystemError) -> UndoOutcome {
        guard SystemFile.exists(path) else { return .alreadyRestored }
        try SystemFile.removeTree(path)
        return .restored
    }
}
