import Cgroups
import Foundation
import Glibc
import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// What can go wrong around a run: each a clear message with the right exit code, nothing changed or all undone.
    @Suite(.serialized) struct FailureTests {
        private func scenario(
            _ targets: String, _ faults: [String], run: String = "3s", in place: String
        ) throws -> String {
            try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: failure
                targets: \(targets)
                phases: {baseline: 0s, run: \(run), recovery: 0s}
                faults:
                \(faults.map { "- \($0)" }.joined(separator: "\n"))
                """, in: place)
        }

        private func high(
            _ victim: Victim, for time: String = "2s", run: String = "3s", in place: String
        ) throws -> String {
            try scenario(
                "{cg: {cgroup: \(victim.cgroup.path)}}",
                ["{id: high, at: 0s, for: \(time), memory.high: {target: cg, value: 70%}}"], run: run, in: place)
        }

        /// Waits until the run has told this of a fault. What the kernel shows comes earlier: Brink reads back, too.
        private func wait(for text: String, _ running: BrinkCommand.Running) throws {
            let end = MonotonicClock.now() + .seconds(30)
            while !running.hasEnded, !running.errorsSoFar.contains(text) {
                try #require(MonotonicClock.now() < end, "\(text): \(running.errorsSoFar)")
                MonotonicClock.pause(milliseconds: 1)
            }
        }

        /// Runs a test with a victim and a folder, and checks that neither tree nor journal is left open.
        private func withVictim(_ body: (Victim, String, BrinkCommand) throws -> Void) throws {
            let place = try PrivilegedSuite.place()
            let victim = try Victim()
            let command = BrinkCommand(in: place)
            try body(victim, place, command)
            #expect(!SystemFile.exists("/sys/fs/cgroup/brink.slice"))
            try victim.remove()
            try SystemFile.removeTree(place)
        }

        @Test func aRunOnAForeignCgroupPasses() throws {
            try withVictim { victim, place, command in
                let before = try victim.snapshot()
                let result = try command.run(["run", try high(victim, in: place)])
                #expect(result.code == 0, "\(result.all)")
                #expect(try victim.snapshot() == before)
            }
        }

        @Test func aTargetThatDiesInMidFault() throws {
            try withVictim { victim, place, command in
                let path = try scenario(
                    "{p: {process: \(victim.shell.pid)}}",
                    ["{id: stop, at: 0s, for: 2s, process.signal: {target: p, signal: STOP}}"], in: place)
                let running = try command.start(["run", path])
                try wait(for: "fault stop  verified", running)
                kill(victim.shell.pid, SIGKILL)
                let result = try running.wait()
                #expect(result.code == 0, "\(result.all)")
                #expect(
                    result.all.contains("warning: fault stop: its target has gone; nothing to take back"),
                    "\(result.all)")
                #expect(try command.run(["verify"]).code == 0)
            }
        }

        @Test func aCgroupRemovedBySomeoneElse() throws {
            try withVictim { victim, place, command in
                let running = try command.start(["run", try high(victim, for: "5s", run: "6s", in: place)])
                try wait(for: "fault high  verified", running)
                try victim.cgroup.killAndRemove()
                let result = try running.wait()
                #expect(result.code == 0, "\(result.all)")
                #expect(
                    result.all.contains("warning: fault high: its target has gone; nothing to take back"),
                    "\(result.all)")
                #expect(try command.run(["verify"]).code == 0)
            }
        }

        @Test func aKnobChangedBySomeoneElseIsLeftAloneAndReported() throws {
            try withVictim { victim, place, command in
                let running = try command.start(["run", try high(victim, in: place)])
                try wait(for: "fault high  injected", running)
                try SystemFile.writeOnce(victim.cgroup.file("memory.high"), Array("1073741824".utf8))
                let result = try running.wait()
                #expect(result.code == 10, "\(result.all)")
                #expect(result.all.contains("someone else wrote it"))
                #expect(try victim.cgroup.readText("memory.high") == "1073741824")
                let verify = try command.run(["verify"])
                #expect(verify.code == 10)
                #expect(verify.output.contains("memory.high"))
            }
        }

        @Test func postgresThatIsDownAlready() throws {
            try withVictim { _, place, command in
                let path = try scenario(
                    "{db: {postgres: {data: \(place)}}}",
                    ["{id: kill, at: 0s, postgres.kill: {target: db, role: postmaster}}"], in: place)
                let result = try command.run(["run", path])
                #expect(result.code == 69, "\(result.all)")
                #expect(result.all.contains("start it first"))
            }
        }

        @Test func aPortInUse() throws {
            try withVictim { victim, place, command in
                let holder = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                defer { close(holder) }
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = UInt16(47_311).bigEndian
                address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
                let bound = withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(holder, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
                #expect(bound == 0)
                #expect(listen(holder, 1) == 0)
                let path = try scenario(
                    "{link: {tcpProxy: {listen: \"127.0.0.1:47311\", upstream: \"127.0.0.1:1\"}}}",
                    ["{id: down, at: 0s, for: 1s, toxic.down: {target: link}}"], in: place)
                let result = try command.run(["run", path])
                #expect(result.code == 69, "\(result.all)")
                #expect(result.all.contains("cannot listen on 127.0.0.1:47311"))
            }
        }

        /// Runs a test with a small file system for the journals, and a function that takes all of its room.
        private func withSmallDisk(
            _ body: (Victim, String, BrinkCommand, _ state: String, _ fill: () throws -> Void) throws -> Void
        ) throws {
            try withVictim { victim, place, command in
                let state = "\(place)/small"
                try SystemFile.makeFolders(state)
                try mount("-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", state)
                defer { try? Self.tool("/usr/bin/umount", [state]) }
                try body(victim, place, command, state) {
                    let filler = try OwnedDescriptor.open("\(state)/filler", O_WRONLY | O_CREAT, mode: 0o600)
                    let error = #expect(throws: SystemError.self) {
                        while true { try filler.write([UInt8](repeating: 0, count: 4096)) }
                    }
                    #expect(error?.errno == .noSpace)
                    try filler.close()
                }
            }
        }

        @Test func aFullDiskUnderTheJournal() throws {
            try withSmallDisk { victim, place, command, state, fill in
                let before = try victim.snapshot()
                try fill()
                let result = try command.run(["run", try high(victim, in: place), "--state-dir", state])
                #expect(result.code == 69, "\(result.all)")
                #expect(result.all.contains("free space on that file system"), "\(result.all)")
                #expect(!result.all.contains("fault high"), "\(result.all)")
                #expect(try victim.snapshot() == before)
                try SystemFile.removeTree("\(state)/filler")
                #expect(try command.run(["run", try high(victim, in: place), "--state-dir", state]).code == 0)
            }
        }

        /// The last page of the journal still has room for a few records, and then there is none.
        @Test func aDiskThatFillsUpUnderTheJournal() throws {
            try withSmallDisk { victim, place, command, state, fill in
                let before = try victim.snapshot()
                let faults = (0..<40).map { index in
                    "{id: high\(index), at: \(index * 300)ms, for: 100ms, memory.high: {target: cg, value: 200%}}"
                }
                let path = try scenario("{cg: {cgroup: \(victim.cgroup.path)}}", faults, run: "13s", in: place)
                let running = try command.start(["run", path, "--state-dir", state])
                try wait(for: "fault high0  injected", running)
                try fill()
                let result = try running.wait()
                #expect(result.code == 70, "\(result.all)")
                #expect(result.all.contains("free space on that file system"), "\(result.all)")
                #expect(!result.all.contains("fault high39  injected"), "\(result.all)")
                #expect(try victim.snapshot() == before)
                try SystemFile.removeTree("\(state)/filler")
                // The journal could not be closed, so its end is still to be written.
                #expect(try command.run(["recover", "--state-dir", state]).code == 0)
                #expect(try command.run(["verify", "--state-dir", state]).code == 0)
                #expect(try victim.snapshot() == before)
            }
        }

        @Test func aReadOnlyCgroupFileSystem() throws {
            try withVictim { victim, place, command in
                let other = "\(place)/cgroup"
                try SystemFile.makeFolders(other)
                try mount("--bind", "/sys/fs/cgroup", other)
                defer { try? Self.tool("/usr/bin/umount", [other]) }
                try mount("-o", "remount,bind,ro", other)
                let result = try command.run(["run", try high(victim, in: place), "--cgroup-root", other])
                #expect(result.code == 69, "\(result.all)")
                #expect(result.all.contains("read-only"))
            }
        }

        @Test func aMissingController() throws {
            try withVictim { victim, place, command in
                let outer = try #require(victim.cgroup.parent)
                try SystemFile.writeOnce(outer.file("cgroup.subtree_control"), Array("-cpu".utf8))
                let before = try victim.snapshot(without: ["cpu.max", "cpu.max.burst", "cpu.weight", "cpu.idle"])
                // Due long after the other, and refused before it.
                let path = try scenario(
                    "{cg: {cgroup: \(victim.cgroup.path)}}",
                    [
                        "{id: high, at: 0s, for: 1s, memory.high: {target: cg, value: 70%}}",
                        "{id: cpu, at: 20s, for: 1s, cpu.max: {target: cg, quota: 20%}}",
                    ], run: "30s", in: place)
                let result = try command.run(["run", path])
                #expect(result.code == 69, "\(result.all)")
                #expect(result.all.contains("fault cpu cannot be injected"), "\(result.all)")
                #expect(result.all.contains("the cpu controller is not enabled"), "\(result.all)")
                #expect(!result.all.contains("fault high"), "\(result.all)")
                #expect(try victim.snapshot(without: ["cpu.max", "cpu.max.burst", "cpu.weight", "cpu.idle"]) == before)
            }
        }

        @Test func anUnprivilegedUser() throws {
            try withVictim { victim, place, command in
                let before = try victim.snapshot()
                let owner = SpawnRequest.Owner(user: 65534, group: 65534)
                let result = try command.run(["run", try high(victim, in: place)], owner: owner)
                #expect(result.code == 77, "\(result.all)")
                #expect(result.all.contains("needs root"))
                #expect(try command.run(["recover"], owner: owner).code == 77)
                #expect(try victim.snapshot() == before)
            }
        }

        @Test func anUnseenFaultIsInconclusive() throws {
            try withVictim { victim, place, command in
                let path = try scenario(
                    "{cg: {cgroup: \(victim.cgroup.path)}}",
                    ["{id: high, at: 0s, for: 1s, memory.high: {target: cg, value: 4GiB}}"], in: place)
                let result = try command.run(["run", path])
                #expect(result.code == 4, "\(result.all)")
                #expect(result.all.contains("not seen to take effect: high"))
            }
        }

        @Test func anAbortConditionUndoesAtOnce() throws {
            try withVictim { victim, place, command in
                let before = try victim.snapshot()
                let path = try PrivilegedSuite.scenario(
                    """
                    apiVersion: brink/v1
                    id: aborting
                    targets: {cg: {cgroup: \(victim.cgroup.path)}}
                    phases: {baseline: 0s, run: 30s, recovery: 0s}
                    abort: [{if: "host.memory.available > 1MiB", for: 500ms}]
                    faults: [{id: high, at: 0s, for: 20s, memory.high: {target: cg, value: 70%}}]
                    """, in: place)
                let result = try command.run(["run", path])
                #expect(result.code == 3, "\(result.all)")
                #expect(try victim.snapshot() == before)
            }
        }

        private func mount(_ arguments: String...) throws {
            try Self.tool("/usr/bin/mount", arguments)
        }

        private static func tool(_ path: String, _ arguments: [String]) throws {
            let handle = try SpawnRequest(path, arguments, environment: ["PATH": "/usr/bin:/bin"]).start()
            let observed1 = handle.hasEnded(within: 10_000)
            #expect(observed1)
            #expect(try handle.reap() == 0, "\(path) \(arguments)")
        }
    }

    /// Promise 7 through the command line.
    @Suite(.serialized) struct RefusalTests {
        @Test(arguments: [
            ("{t: {process: 1}}", "process.signal: {target: t, signal: STOP}", "first process"),
            ("{t: {process: 2}}", "process.signal: {target: t, signal: STOP}", "kernel thread"),
            ("{t: {process: \(getpid())}}", "process.signal: {target: t, signal: STOP}", "an ancestor of Brink"),
            ("{t: {cgroup: /}}", "cgroup.freeze: {target: t}", "root cgroup"),
            ("{t: {cgroup: init}}", "cgroup.freeze: {target: t}", "which is"),
            ("{t: {cgroup: brink.slice}}", "cgroup.freeze: {target: t}", "Brink"),
            ("{t: {cgroup: brink.slice/control}}", "cgroup.freeze: {target: t}", "Brink itself"),
            ("{t: {cgroup: brink.slice/guardian}}", "cgroup.freeze: {target: t}", "guardian"),
            ("{t: {cgroup: nowhere}}", "cgroup.freeze: {target: t}", "there is no cgroup"),
        ])
        func refusesOutright(_ targets: String, _ fault: String, _ reason: String) throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let command = BrinkCommand(in: place)
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: refusal
                targets: \(targets)
                phases: {baseline: 0s, run: 1s, recovery: 0s}
                faults: [{id: f, at: 0s, for: 500ms, \(fault)}]
                """, in: place)
            let result = try command.run(["run", path])
            #expect(result.code == 69, "\(result.all)")
            #expect(result.all.contains(reason), "\(result.all)")
            #expect(!SystemFile.exists("/sys/fs/cgroup/brink.slice"))
        }
    }
}
