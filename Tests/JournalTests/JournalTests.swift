import Glibc
import Journal
import LinuxSystem
import Testing

@Suite struct JournalTests {
    private static let process = ProcessIdentity(pid: 77, startTime: 123_456, bootID: "boot")

    private static let actions: [UndoAction] = [
        .restoreKnob(
            UndoAction.Knob(
                file: "/sys/fs/cgroup/a b/memory.high", inode: 42, prior: Array("max\n".utf8),
                injected: [Array("1048576\n".utf8)])),
        .restoreKnob(
            UndoAction.Knob(
                file: "/sys/fs/cgroup/x/io.max", key: "7:0", inode: 42, prior: [],
                injected: [Array("7:0 rbps=1 wbps=max\n".utf8), Array("7:0 rbps=2 wbps=max\n".utf8)],
                restoring: Array("7:0 rbps=max".utf8))),
        .restoreNetworkKnob(
            UndoAction.NetworkKnob(
                file: "/proc/sys/net/ipv4/ip_local_port_range",
                namespace: NetworkNamespace(inode: 4_026_532_640, cookie: 8191), prior: Array("32768\t60999\n".utf8),
                injected: Array("60998\t60999\n".utf8))),
        .restoreUnitKnob(
            UndoAction.UnitKnob(
                unit: "a\\x2db@c.service",
                knob: .init(
                    file: "/sys/fs/cgroup/system.slice/a.service/cpu.max", inode: 42, prior: [],
                    injected: [Array("15000 50000\n".utf8)]),
                settings: [
                    .init(
                        property: "CPUQuotaPerSecUSec", prior: .max, injected: 300_000,
                        dropIn: "/run/a/50-CPUQuota.conf", priorBytes: nil),
                    .init(
                        property: "CPUQuotaPeriodUSec", prior: 100_000, injected: 50_000,
                        dropIn: "/run/a/50-CPUQuotaPeriodSec.conf", priorBytes: Array("[Service]\n\tX=1 %\n".utf8)),
                    // A file that is there and holds nothing is none that is not there.
                    .init(
                        property: "MemoryLow", prior: 0, injected: 1, dropIn: "/run/a/50-MemoryLow.conf",
                        priorBytes: []),
                ], keptFolders: ["/run/a"])),
        .restoreControllers(file: "/x/cgroup.subtree_control", prior: ["cpu", "memory"]),
        .restoreControllers(file: "/x", prior: []),
        .restoreAttribute(
            UndoAction.Attribute(
                attribute: .limit(.openFiles),
                entries: [.init(process: process, prior: "1024 unlimited", injected: "10 unlimited")],
                cgroupFolder: nil)),
        .restoreAttribute(
            UndoAction.Attribute(
                attribute: .nice, entries: [.init(process: process, prior: "-5", injected: "19")],
                cgroupFolder: "/sys/fs/cgroup/x")),
        .resume(process), .end(process),
        .startServer(
            UndoAction.ServerStart(
                executable: "/usr/lib/postgresql/15/bin/postgres", arguments: ["-D", "/d a\ta/ü%"],
                environment: ["A=b\nc", "EMPTY="], directory: "/d", pidFile: "/d/postmaster.pid", user: 1, group: 2,
                cgroupFolder: "/sys/fs/cgroup/x", output: nil)),
        .restoreServerFile(
            ServerFile(
                path: "/d/postgresql.auto.conf", prior: [], injected: Array("work_mem = '1 \tMB'\n".utf8), user: 1,
                group: 2,
                mode: 0o600,
                server: UndoAction.ServerStart(
                    executable: "/p/postgres", arguments: [], environment: [], directory: "/d", pidFile: "/d/p",
                    user: 1,
                    group: 2, cgroupFolder: nil, output: "/l", unit: "postgresql@15-main.service"),
                needsRestart: true)),
        .startContainer(
            ContainerStart(tool: "/usr/bin/podman", id: "3f2a", environment: ["HOME=/root", "CONTAINERS_CONF=/a b"])),
        .removeCgroup(folder: "/sys/fs/cgroup/brink.slice"), .removeTree(path: "/var/tmp/brink-1"),
        .restoreDeviceTable(
            UndoAction.DeviceSwap(
                name: "brink-1-db", uuid: "BRINK-1-db",
                prior: DeviceTable(sectors: 1_050_624, type: "linear", parameters: "7:0 0"),
                injected: DeviceTable(sectors: 1_050_624, type: "delay", parameters: "7:0 0 20 7:0 0 50"))),
        .removeVolume(
            MappedVolume(
                mountPoint: "/var/tmp/brink 1/db", file: "/var/tmp/brink 1/db.volume", deviceName: "brink-1-db",
                uuid: "BRINK-1-db")),
        .removePacketQueue(
            UndoAction.PacketQueue(
                namespace: NetworkNamespace(inode: 4_026_532_640, cookie: 8191), device: "eth0",
                lane: .init(hook: .ingress, queue: "brinkq1a2b", preferences: [4096, 4097]))),
        .removeFilterTable(
            UndoAction.FilterTable(namespace: NetworkNamespace(inode: 1, cookie: 2), name: "brink_1a2b")),
        .removeInterfacePair(UndoAction.InterfacePair(mount: "/var/tmp/brink 1/link.net", device: "brinkl1a2b")),
    ]

    private func temporary() -> String { "/tmp/brink-journal-\(getpid())-\(UInt32.random(in: .min ... .max))" }

    @Test(arguments: actions)
    func everyUndoSurvivesTheFile(_ action: UndoAction) throws {
        let record = JournalRecord.intent(3, owner: "fault 1", action)
        let line = record.line
        #expect(line.last == UInt8(ascii: "\n"))
        #expect(line.dropLast().contains(UInt8(ascii: "\n")) == false)
        #expect(try JournalRecord.parse(line.dropLast()) == record)
        #expect(!action.summary.isEmpty)
    }

    @Test func aFlippedBitIsSeen() throws {
        let line = JournalRecord.intent(1, owner: "x", Self.actions[0]).line
        for index in line.indices.dropLast() {
            var damaged = line
            damaged[index] ^= 1
            #expect(try JournalRecord.parse(damaged.dropLast()) == nil)
        }
    }

    @Test func tellsWhatIsOpen() throws {
        let path = temporary()
        defer { try? SystemFile.removeTree(path) }
        let writer = try JournalWriter.create(path: path, run: "r1", harness: Self.process)
        #expect(try writer.intend([Self.actions[4], Self.actions[5]], owner: "a") == [1, 2])
        #expect(try writer.intend([Self.actions[7]], owner: "b") == [3])
        try writer.applied(1)
        try writer.undone(2, .conflict("someone"))
        let journal = try Journal(path: path)
        #expect(journal.run == "r1")
        #expect(journal.harness == Self.process)
        // What could not be taken back is tried again.
        #expect(journal.open.map(\.sequence) == [3, 2, 1])
        #expect(journal.changes[0].isApplied)
        #expect(journal.changes[1].outcome?.isResidue == true)
        #expect(!journal.isClosed)
        #expect(throws: JournalError.self) {
            _ = try JournalWriter.create(path: path, run: "r1", harness: Self.process)
        }
        var info = stat()
        #expect(stat(path, &info) == 0)
        #expect(info.st_mode & 0o777 == 0o600)
    }

    /// A crash can cut the file at any byte. Whatever is left must be readable, and never invent a change.
    @Test func everyTornTailIsReadable() throws {
        let path = temporary()
        defer { try? SystemFile.removeTree(path) }
        let writer = try JournalWriter.create(path: path, run: "r", harness: Self.process)
        for action in Self.actions { _ = try writer.intend([action], owner: "a") }
        let whole = try SystemFile.read(path)
        let first = try #require(whole.firstIndex(of: UInt8(ascii: "\n"))) + 1
        for length in first...whole.count {
            let cut = "\(path).cut"
            try SystemFile.replace(cut, Array(whole[0..<length]))
            let journal = try Journal(path: cut)
            #expect(journal.changes.map(\.undo) == Array(Self.actions.prefix(journal.changes.count)))
            #expect(journal.damagedLines.isEmpty)
            // A recovery goes on in the same file.
            try JournalWriter.resume(journal).undone(1, .restored)
            let resumed = try Journal(path: cut)
            #expect(resumed.changes.count == journal.changes.count)
            #expect(resumed.changes.first?.outcome == (journal.changes.isEmpty ? nil : .restored))
            try SystemFile.removeTree(cut)
        }
        try SystemFile.replace("\(path).cut", Array(whole[0..<(first - 2)]))
        #expect(throws: JournalError.self) { _ = try Journal(path: "\(path).cut") }
        try SystemFile.removeTree("\(path).cut")
    }
}
