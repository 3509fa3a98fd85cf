import Events
import Glibc
import LinuxSystem
import Testing
import Workload

@Suite struct LedgerTests {
    private let check = LedgerCheck()

    @Test func aSoundRunHasNothingToReport() {
        let count = check.check(
            sent: ["a", "b", "c", "d"], outcomes: ["a": .acked, "b": .failed, "c": .unknown], stored: ["a", "c"])
        #expect(count.sent == 4)
        #expect((count.acked, count.failed, count.unknown) == (1, 1, 2))
        #expect((count.lost, count.phantom, count.unknownStored) == (0, 0, 1))
    }

    @Test func anAcknowledgedWriteThatIsMissingIsLost() {
        let count = check.check(sent: ["a", "b"], outcomes: ["a": .acked, "b": .acked], stored: ["b"])
        #expect(count.lost == 1)
        #expect(count.lostKeys == ["a"])
    }

    @Test func aFailedWriteThatIsStoredIsAPhantom() {
        #expect(check.check(sent: ["a"], outcomes: ["a": .failed], stored: ["a"]).phantom == 1)
        #expect(check.check(sent: [], outcomes: [:], stored: ["x"]).phantom == 1)
    }

    @Test func anUnknownWriteIsNeverLost() {
        #expect(check.check(sent: ["a"], outcomes: ["a": .unknown], stored: []).lost == 0)
        #expect(check.check(sent: ["a"], outcomes: [:], stored: []).unknown == 1)
    }

    @Test func isOnDiskBeforeItIsSent() async throws {
        let path = "/tmp/brink-ledger-\(getpid())-\(UInt32.random(in: .min ... .max))"
        defer { try? SystemFile.removeTree(path) }
        let ledger = try Ledger(path: path)
        try await ledger.enter("k1")
        #expect(try SystemFile.readText(path) == "sent k1")
        try ledger.settle("k1", .unknown)
        // An outcome cannot become better by asking again.
        try ledger.settle("k1", .acked)
        #expect(ledger.entries.outcomes == ["k1": .unknown])
        #expect(try SystemFile.readText(path) == "sent k1\nunknown k1")
    }
}
