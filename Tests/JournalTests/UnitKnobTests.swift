import Glibc
import Journal
import LinuxSystem
import SystemdUnits
import Testing

/// What can be told of a unit's change without a systemd; with one it is among the privileged tests.
@Suite struct UnitKnobTests {
    private let root = "/tmp/brink-unit-\(getpid())-\(UInt32.random(in: .min ... .max))"

    private func change(
        prior: String, shown: String?, dropIn priorDropIn: String?, now: String?
    ) throws -> UndoAction.UnitKnob {
        let folder = "\(root)/cgroup"
        try SystemFile.makeFolders(folder)
        try SystemFile.makeFolders("\(root)/a.service.d")
        if let shown { try SystemFile.replace("\(folder)/memory.high", Array(shown.utf8)) }
        let file = "\(root)/a.service.d/50-MemoryHigh.conf"
        if let now { try SystemFile.replace(file, Array(now.utf8)) }
        return UndoAction.UnitKnob(
            unit: "a.service",
            knob: .init(
                file: "\(folder)/memory.high", inode: try SystemFile.inode(of: folder), prior: Array(prior.utf8),
                injected: [Array("4096\n".utf8)]),
            settings: [
                .init(
                    property: "MemoryHigh", prior: .max, injected: 4096, dropIn: file,
                    priorBytes: priorDropIn.map { Array($0.utf8) })
            ], keptFolders: [])
    }

    private func residues(_ change: UndoAction.UnitKnob, _ outcome: UndoOutcome?) throws -> [String] {
        let path = "\(root)/\(UInt32.random(in: .min ... .max)).journal"
        let identity = try ProcessTable().ownIdentity()
        let writer = try JournalWriter.create(path: path, run: "r", harness: identity)
        let sequence = try #require(try writer.intend([.restoreUnitKnob(change)], owner: "f").first)
        try writer.applied(sequence)
        if let outcome { try writer.undone(sequence, outcome) }
        return try JournalAudit().residues(of: try Journal(path: path)).map(\.detail)
    }

    @Test func anInjectedValueIsResidue() throws {
        defer { try? SystemFile.removeTree(root) }
        let change = try change(prior: "max\n", shown: "4096\n", dropIn: nil, now: "x")
        let found = try residues(change, nil)
        #expect(found == ["\(root)/cgroup/memory.high shows \"4096\" instead of \"max\""])
    }

    /// As when the unit has ended: nothing shows the value, but the next start would have it.
    @Test func aDropInAloneIsResidue() throws {
        defer { try? SystemFile.removeTree(root) }
        let change = try change(prior: "max\n", shown: "max\n", dropIn: nil, now: "x")
        let found = try residues(change, nil)
        #expect(found == ["\(root)/a.service.d/50-MemoryHigh.conf of a.service is not as it was"])
    }

    @Test func aChangedDropInIsResidue() throws {
        defer { try? SystemFile.removeTree(root) }
        let change = try change(prior: "max\n", shown: "max\n", dropIn: "[Service]\n", now: "[Service]\nx\n")
        #expect(try residues(change, nil).count == 1)
    }

    @Test func whatIsAsItWasIsNone() throws {
        defer { try? SystemFile.removeTree(root) }
        #expect(try residues(try change(prior: "max\n", shown: "max\n", dropIn: "x", now: "x"), nil) == [])
    }

    /// What someone sets after it was taken back is their business.
    @Test func aSettledChangeIsSettled() throws {
        defer { try? SystemFile.removeTree(root) }
        #expect(try residues(try change(prior: "max\n", shown: "8192\n", dropIn: nil, now: "x"), .restored) == [])
    }

    /// systemd switches a controller on for the change, and may leave it on.
    @Test func aKnobThatWasNotThereMayStayAtItsUsualValue() throws {
        defer { try? SystemFile.removeTree(root) }
        let usual = try change(prior: "", shown: "max\n", dropIn: nil, now: nil)
        #expect(try residues(usual, nil) == [])
        try SystemFile.replace(usual.knob.file, Array("4096\n".utf8))
        #expect(try residues(usual, nil).count == 1)
    }

    /// Without a systemd nothing is known to be restored, and nothing is touched.
    @Test(.enabled(if: !SystemFile.exists(SystemdConnection.socket), "systemd runs here"))
    func withoutSystemdTheUndoFails() throws {
        defer { try? SystemFile.removeTree(root) }
        let change = try change(prior: "max\n", shown: "4096\n", dropIn: nil, now: "x")
        let outcome = UndoExecutor().undo(.restoreUnitKnob(change))
        guard case .failed(let detail) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(detail.contains("reach systemd"))
        #expect(try SystemFile.readText(change.settings[0].dropIn) == "x")
    }
}
