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
            case .restoreNetworkKnob(let knob): return try restore(knob)
            case .restoreUnitKnob(let change): return try UnitRestoration(change).restore()
            case .restoreControllers(let file, let prior): return try restoreControllers(file, prior)
            case .restoreAttribute(let set): return try AttributeRestoration(set, table: table).restore()
            case .resume(let process): return try resume(process)
            case .end(let process): return try end(process)
            case .startServer(let start): return try ServerStarter(table: table).start(start)
            case .restoreServerFile(let file): return try file.restore(ServerStarter(table: table))
            case .startContainer(let container): return try container.restore()
            case .removeCgroup(let folder): return try removeCgroup(folder)
            case .removeTree(let path): return try removeTree(path)
            case .restoreDeviceTable(let swap): return try swap.restore()
            case .removeVolume(let volume): return try VolumeRemoval(volume).remove()
            case .removePacketQueue(let queue): return try PacketQueueRemoval(queue).remove()
            case .removeFilterTable(let table): return try table.remove()
            case .removeInterfacePair(let pair): return try pair.remove()
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
        let current = try knob.current()
        if current == knob.prior { return .alreadyRestored }
        guard knob.injected.contains(current) else {
            let injected = knob.injected.map { "\"\($0.trimmedText)\"" }.joined(separator: " or ")
            return .conflict(
                "\(knob.file) shows \"\(current.trimmedText)\", neither the injected \(injected) nor the prior "
                    + "\"\(knob.prior.trimmedText)\": someone else wrote it, so it was left alone")
        }
        let value = knob.restoring ?? knob.prior
        do {
            try SystemFile.writeOnce(knob.file, value)
        } catch {
            // Writing a memory limit can be interrupted by reclaim that is going on; the kernel says EBUSY or EINTR.
            guard error.errno == .resourceBusy || error.errno == .interrupted else { throw error }
            try SystemFile.writeOnce(knob.file, value)
        }
        let seen = try knob.current()
        guard seen == knob.prior else {
            return .failed(
                "wrote \"\(value.trimmedText)\" to \(knob.file), but it shows \"\(seen.trimmedText)\"")
        }
        return .restored
    }

    private func restore(_ knob: UndoAction.NetworkKnob) throws(SystemError) -> UndoOutcome {
        guard try knob.namespace.exists() else {
            return .targetGone("no process is in the network namespace \(knob.namespace) and no mount holds it")
        }
        let current = try knob.current()
        if current == knob.prior { return .alreadyRestored }
        guard current == knob.injected else {
            return .conflict(
                "\(knob.name) shows \"\(current.trimmedText)\", neither the injected \"\(knob.injected.trimmedText)\" nor "
                    + "the prior \"\(knob.prior.trimmedText)\": someone else wrote it, so it was left alone")
        }
        try knob.write(knob.prior)
        let seen = try knob.current()
        guard seen == knob.prior else {
            return .failed("wrote \"\(knob.prior.trimmedText)\" to \(knob.name), but it shows \"\(seen.trimmedText)\"")
        }
        return .restored
    }

    private func restoreControllers(_ file: String, _ prior: [String]) throws(SystemError) -> UndoOutcome {
        guard SystemFile.exists(file) else { return .targetGone("\(file) is gone") }
        let current = try controllers(file)
        let superfluous = current.subtracting(prior)
        if superfluous.isEmpty { return .alreadyRestored }
        let text = Array(superfluous.sorted().map { "-\($0)" }.joined(separator: " ").utf8)
        // While a cgroup below hands a controller on it is busy (cgroup-v2.rst, "Top-down Constraint"): lanes of a suite
        // that has died are still taking back what they did.
        let end = MonotonicClock.now() + .seconds(30)
        while true {
            do throws(SystemError) {
                try SystemFile.writeOnce(file, text)
                break
            } catch {
                guard error.errno == .resourceBusy, MonotonicClock.now() < end else { throw error }
                MonotonicClock.pause(milliseconds: 50)
            }
        }
        guard try controllers(file).subtracting(prior).isEmpty else {
            return .failed("\(file) still shows \(try SystemFile.readText(file))")
        }
        return .restored
    }

    private func controllers(_ file: String) throws(SystemError) -> Set<String> {
        Set(try SystemFile.readText(file).split(separator: " ").map(String.init))
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
