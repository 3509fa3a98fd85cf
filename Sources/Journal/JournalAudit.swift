import Cgroups
import LinuxSystem

/// Reads back everything a journal says was changed, without changing anything.
public struct JournalAudit: Sendable {
    /// Something the host still shows of a run.
    public struct Residue: Hashable, Sendable, CustomStringConvertible {
        public let run: String
        public let owner: String
        public let detail: String

        public var description: String { "run \(run), \(owner): \(detail)" }
    }

    private let table: ProcessTable

    public init(table: ProcessTable = ProcessTable()) {
        self.table = table
    }

    /// How many changes the journal names and which of them are still visible.
    public func residues(of journal: Journal) throws(SystemError) -> [Residue] {
        let isSameBoot = (try? table.bootID()) == journal.harness.bootID
        var residues: [Residue] = []
        for change in journal.changes where isSameBoot || change.outlivesBoot {
            if let detail = try detail(of: change) {
                residues.append(Residue(run: journal.run, owner: change.owner, detail: detail))
            }
        }
        return residues
    }

    private func detail(of change: Journal.Change) throws(SystemError) -> String? {
        switch change.undo {
        case .restoreKnob(let knob):
            let folder = SystemFile.parent(of: knob.file)
            guard SystemFile.exists(folder), try SystemFile.inode(of: folder) == knob.inode else { return nil }
            let current = try knob.current()
            guard current != knob.prior else { return nil }
            // A settled change is settled: what someone sets later is their business, unless it is the injected value.
            guard change.isOpen || knob.injected.contains(current) else { return nil }
            return "\(knob.file) shows \"\(current.trimmedText)\" instead of \"\(knob.prior.trimmedText)\""
        case .restoreNetworkKnob(let knob):
            guard try knob.namespace.exists() else { return nil }
            let current = try knob.current()
            guard current != knob.prior, change.isOpen || current == knob.injected else { return nil }
            return "\(knob.name) shows \"\(current.trimmedText)\" instead of \"\(knob.prior.trimmedText)\""
        case .restoreUnitKnob(let unit):
            if let current = try unit.current(), !unit.isPrior(current),
                change.isOpen || unit.knob.injected.contains(current)
            {
                return "\(unit.knob.file) shows \"\(current.trimmedText)\" instead of "
                    + "\"\(unit.knob.prior.trimmedText)\""
            }
            guard change.isOpen, try !unit.dropInsArePrior() else { return nil }
            return "\(unit.settings.map(\.dropIn).joined(separator: ", ")) of \(unit.unit) is not as it was"
        case .restoreControllers(let file, let prior):
            guard SystemFile.exists(file), change.isOpen else { return nil }
            let current = Set(try SystemFile.readText(file).split(separator: " ").map(String.init))
            let more = current.subtracting(prior)
            return more.isEmpty ? nil : "\(file) still has \(more.sorted().joined(separator: " "))"
        case .restoreAttribute(let set):
            for entry in set.entries where table.isRunning(entry.process) && entry.injected != entry.prior {
                guard let current = try? set.attribute.read(entry.process.pid) else { continue }
                if current == entry.injected { return "\(entry.process) still has \(set.attribute.name) \(current)" }
            }
            let heirs = try AttributeRestoration(set, table: table).heirs()
            return heirs.isEmpty ? nil : "\(heirs.map(\.pid)) inherited \(set.attribute.name)"
        case .resume(let process):
            guard change.isOpen, table.isRunning(process), (try? table.status(of: process.pid).state) == "T"
            else { return nil }
            return "\(process) is still stopped"
        case .end(let process):
            return table.isRunning(process) ? "\(process) still runs" : nil
        case .startServer(let start):
            guard change.isOpen, SystemFile.exists(start.directory), try !ServerStarter(table: table).isUp(start)
            else { return nil }
            return "the server in \(start.directory) is down"
        case .restoreServerFile(let file): return try file.residue(isOpen: change.isOpen)
        case .startContainer(let container): return try container.residue(isOpen: change.isOpen)
        case .removeCgroup(let folder):
            return SystemFile.exists(folder) && change.isOpen ? "the cgroup \(folder) is still there" : nil
        case .removeTree(let path):
            return SystemFile.exists(path) && change.isOpen ? "\(path) is still there" : nil
        case .restoreDeviceTable(let swap):
            return try swap.residue(isOpen: change.isOpen)
        case .removeVolume(let volume):
            return try change.isOpen ? VolumeRemoval(volume).residue() : nil
        case .removePacketQueue(let queue): return try PacketQueueRemoval(queue).residue()
        case .removeFilterTable(let table): return try table.residue()
        case .removeInterfacePair(let pair): return try pair.residue()
        }
    }
}
