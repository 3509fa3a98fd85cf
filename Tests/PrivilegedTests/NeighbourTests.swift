import Cgroups
import Foundation
import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// What must not suffer: a run that drives it over its limit is aborted and undone at once.
    @Suite(.serialized) struct NeighbourTests {
        private struct Event: Decodable {
            let t: Double
            let type: String
            let data: Body

            struct Body: Decodable {
                let values: [String: Double]?
                let id: String?
                let state: String?
            }
        }

        private func events(_ command: BrinkCommand) throws -> [Event] {
            let run = try #require(try SystemFile.entries(of: command.out).sorted().last)
            let lines = try SystemFile.read("\(command.out)/\(run)/events.jsonl").split(separator: UInt8(ascii: "\n"))
            return lines.compactMap { try? JSONDecoder().decode(Event.self, from: Data($0)) }
        }

        /// Expects the fault's end within one interval of the first sample over the limit. Counted in samples: a machine
        /// that stands still for a moment holds up both.
        private func expectAnEndAtOnce(
            _ command: BrinkCommand, _ words: String, _ isOver: ([String: Double]) -> Bool,
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let events = try events(command)
            let crossed = try #require(events.first { $0.type == "sample" && isOver($0.data.values ?? [:]) })
            let ended = try #require(
                events.first { $0.type == "fault" && $0.data.id == "f" && $0.data.state == "ended" })
            let between = events.count { $0.type == "sample" && $0.t > crossed.t && $0.t < ended.t }
            print(
                "neighbour: \(words) \(Int((ended.t - crossed.t) * 1000)) ms after the first sample over the limit,",
                "\(between) samples between")
            // One may be under way when the limit is seen to be crossed.
            #expect(between <= 1, sourceLocation: sourceLocation)
        }

        private func run(
            _ neighbour: String, _ fault: String, _ victim: Victim, _ command: BrinkCommand, in place: String,
            seconds: Int = 4
        )
            throws -> BrinkCommand.Result
        {
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: neighbour
                targets: {cg: {cgroup: \(victim.cgroup.path)}}
                phases: {baseline: 1s, run: \(seconds + 1)s, recovery: 0s}
                neighbours: {beside: \(neighbour)}
                faults: [{id: f, at: 500ms, for: \(seconds)s, \(fault)}]
                """, in: place)
            return try command.run(["run", path])
        }

        @Test func aStoppedNeighbourEndsTheRunWithinOneInterval() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try Victim()
            let before = try victim.snapshot()
            let command = BrinkCommand(in: place)
            let result = try run(
                "{process: \(victim.worker.pid), limit: \"beside.stopped == 0\"}",
                "process.signal: {target: cg, signal: STOP, which: all}", victim, command, in: place)
            #expect(result.code == 3, "\(result.all)")
            #expect(result.errors.contains("neighbour budget: beside"), "\(result.errors)")
            #expect(try victim.snapshot() == before)
            try expectAnEndAtOnce(command, "undone") { $0["beside.stopped"] == 1 }
            try victim.remove()
        }

        /// It answers until its cgroup is frozen; then the wait itself counts, though no answer comes.
        @Test func aNeighbourThatHangsIsSlow() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try Victim()
            let before = try victim.snapshot()
            try victim.add(
                "exec python3 -m http.server --bind 127.0.0.1 --directory \(place) 18081 2>/dev/null",
                until: Victim.isListening)
            let command = BrinkCommand(in: place)
            let budget = "{url: \"http://127.0.0.1:18081/\", limit: \"beside.latency < 2s\"}"
            // Positive control: the same limit with a fault that the neighbour does not feel.
            let calm = try run(
                budget, "process.oom_score_adj: {target: cg, value: 100}", victim, command, in: place)
            #expect(calm.code == 0, "\(calm.all)")
            let result = try run(budget, "cgroup.freeze: {target: cg}", victim, command, in: place)
            #expect(result.code == 3, "\(result.all)")
            try expectAnEndAtOnce(command, "thawed") { $0["beside.latency"] ?? 0 >= 2 }
            #expect(try victim.snapshot()["cgroup.freeze"] == before["cgroup.freeze"])
            try victim.remove()
        }

        /// It runs a little, and shares the CPU time that the target is given: throttled with it, it waits all the time.
        @Test func aNeighbourThatWaitsForTheCPUEndsTheRun() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try Victim()
            let agent = victim.cgroup.child("agent")
            try agent.create()
            let work = "while (1) { my $sum = 0; $sum += $_ for 1 .. 5000; select undef, undef, undef, 0.02 }"
            _ = try SpawnRequest(
                "/usr/bin/perl", ["-e", work], environment: ["PATH": "/usr/bin:/bin"], cgroup: agent.folder,
                newSession: true
            ).start()
            // Its start is more work than what it does afterwards.
            MonotonicClock.pause(milliseconds: 500)
            let before = try victim.snapshot()
            let command = BrinkCommand(in: place)
            // Over ten seconds: in one of 100 ms a machine with other work can keep anybody waiting.
            let budget = "{cgroup: \(agent.path), limit: \"beside.cpu.pressure.some.avg10 < 50\"}"
            // Positive control: the same limit with a fault that the neighbour does not feel.
            let calm = try run(
                budget, "process.oom_score_adj: {target: cg, value: 100}", victim, command, in: place)
            #expect(calm.code == 0, "\(calm.all)")
            let result = try run(
                budget, "cpu.max: {target: cg, quota: 2%}", victim, command, in: place, seconds: 30)
            #expect(result.code == 3, "\(result.all)")
            #expect(result.errors.contains("neighbour budget: beside"), "\(result.errors)")
            #expect(Victim.differences(before, try victim.snapshot()) == [])
            try expectAnEndAtOnce(command, "throttled no more") { $0["beside.cpu.pressure.some.avg10"] ?? 0 >= 50 }
            try victim.remove()
        }

        /// What no run may touch can be watched all the same.
        @Test func aProtectedPlaceCanBeANeighbour() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try Victim()
            let command = BrinkCommand(in: place)
            let result = try run(
                "{process: 1, limit: \"beside.alive == 1 and host.memory.available > 1MiB\"}",
                "cpu.max: {target: cg, quota: 20%}",
                victim, command, in: place)
            #expect(result.code == 0, "\(result.all)")
            try victim.remove()
        }

        @Test func anOOMKillOfANeighbourEndsTheRun() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try Victim()
            let command = BrinkCommand(in: place)
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: neighbour
                targets: {cg: {cgroup: \(victim.cgroup.path)}}
                phases: {baseline: 1s, run: 5s, recovery: 0s}
                neighbours: {beside: {cgroup: \(victim.cgroup.parent?.path ?? ""), limit: "beside.oomKills == 0"}}
                faults:
                - {id: kill, at: 500ms, memory.oom_kill: {target: cg}}
                - {id: later, at: 4s, for: 500ms, cpu.max: {target: cg, quota: 20%}}
                """, in: place)
            let result = try command.run(["run", path])
            #expect(result.code == 3, "\(result.all)")
            #expect(!(try events(command)).contains { $0.data.id == "later" && $0.data.state == "injected" })
            try victim.remove()
        }
    }
}
