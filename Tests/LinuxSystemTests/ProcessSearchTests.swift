import Glibc
import LinuxSystem
import Testing

@Suite struct ProcessSearchTests {
    /// Files that look like /proc.
    private final class Tree {
        let root = "/tmp/brink-proc-\(getpid())-\(UInt32.random(in: .min ... .max))"
        var search: ProcessSearch { ProcessSearch(table: ProcessTable(root: root)) }

        init() throws {
            try SystemFile.makeFolders("\(root)/sys/kernel/random")
            try SystemFile.replace("\(root)/sys/kernel/random/boot_id", Array("boot\n".utf8))
        }

        deinit {
            try? SystemFile.removeTree(root)
        }

        func add(
            _ pid: Int32, _ comm: String, parent: Int32 = 1, state: String = "S", executable: String? = nil,
            arguments: [String] = []
        ) throws {
            let folder = "\(root)/\(pid)"
            try SystemFile.makeFolders(folder)
            let line = "\(pid) (\(comm)) \(state) \(parent) 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 1 0 \(pid)00 1 1 0\n"
            try SystemFile.replace("\(folder)/stat", Array(line.utf8))
            try SystemFile.replace("\(folder)/cmdline", Array(arguments.map { "\($0)\0" }.joined().utf8))
            if let executable { try #require(symlink(executable, "\(folder)/exe") == 0) }
        }

        func roots(_ name: String) throws -> [Int32] { try search.roots(named: name).map(\.pid) }
    }

    @Test func byCommAndByExecutable() throws {
        let tree = try Tree()
        try tree.add(1, "init", parent: 0)
        try tree.add(10, "postgres-export", executable: "/usr/bin/postgres-exporter")
        try tree.add(11, "worker", executable: "/usr/bin/nginx")
        try tree.add(12, "upgraded", executable: "/usr/bin/pgbouncer (deleted)")
        #expect(try tree.roots("postgres-exporter") == [10])
        #expect(try tree.roots("postgres-export") == [10])
        #expect(try tree.roots("worker") == [11])
        #expect(try tree.roots("nginx") == [11])
        #expect(try tree.roots("pgbouncer") == [12])
        #expect(try tree.roots("postgres") == [])
        #expect(try tree.search.roots(named: "nginx").first?.startTime == 1100)
    }

    /// A script's comm is its own name, cut; its executable is the interpreter.
    @Test func aCutNameIsCompletedFromTheCommandLine() throws {
        let tree = try Tree()
        let interpreter = "/usr/bin/python3.11"
        try tree.add(
            10, "nightly-importe", executable: interpreter, arguments: ["python3", "/opt/nightly-importer", "--all"])
        try tree.add(
            11, "nightly-importe", executable: interpreter, arguments: ["python3", "/opt/nightly-importer-2", "--all"])
        #expect(try tree.roots("nightly-importer") == [10])
        #expect(try tree.roots("nightly-importer-2") == [11])
        #expect(try tree.roots("nightly-importe") == [10, 11])
    }

    @Test func aTreeCountsOnce() throws {
        let tree = try Tree()
        try tree.add(10, "nginx")
        try tree.add(11, "nginx", parent: 10)
        try tree.add(12, "sh", parent: 11)
        try tree.add(13, "nginx", parent: 12)
        #expect(try tree.roots("nginx") == [10])
        try tree.add(20, "nginx")
        #expect(try tree.roots("nginx") == [10, 20])
    }

    @Test func zombiesHaveEnded() throws {
        let tree = try Tree()
        try tree.add(10, "nginx", state: "Z")
        #expect(try tree.roots("nginx") == [])
    }

    /// With a circle of parents, as a table that changes while it is read could show.
    @Test func itEndsWhateverTheTableSays() throws {
        let tree = try Tree()
        try tree.add(10, "a", parent: 11)
        try tree.add(11, "b", parent: 10)
        #expect(try tree.roots("a") == [10])
    }

    @Test func realProcesses() throws {
        let name = "brink-search-\(UInt32.random(in: .min ... .max))-longer-than-comm"
        let path = "/tmp/\(name)"
        try SystemFile.replace(path, try SystemFile.read("/bin/sleep"), mode: 0o755)
        defer { try? SystemFile.removeTree(path) }
        #expect(try ProcessSearch().roots(named: name) == [])
        let first = try SpawnRequest(path, ["1000"]).start()
        #expect(try ProcessSearch().roots(named: name) == [first.identity])
        let second = try SpawnRequest(path, ["1000"]).start()
        #expect(
            try ProcessSearch().roots(named: name).map(\.pid).sorted()
                == [first.identity.pid, second.identity.pid].sorted())
        try first.send(.kill)
        try second.send(.kill)
        let ended = [first.hasEnded(within: 5000), second.hasEnded(within: 5000)]
        #expect(ended == [true, true])
        #expect(try ProcessSearch().roots(named: name) == [])
        _ = try first.reap()
        _ = try second.reap()
    }
}
