import Cgroups
import Foundation
import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// The kernel really kills, and the report says who it was and whether it was meant to be.
    @Suite(.serialized) struct OOMTests {
        private struct Report {
            let result: [String: Any]
            let page: String
            let summary: String

            /// Of the newest run under a folder.
            init(_ command: BrinkCommand) throws {
                let run = try #require(try SystemFile.entries(of: command.out).sorted().last)
                let folder = "\(command.out)/\(run)"
                let data = Data(try SystemFile.read("\(folder)/result.json"))
                result = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
                page = String(decoding: try SystemFile.read("\(folder)/report.html"), as: UTF8.self)
                summary = String(decoding: try SystemFile.read("\(folder)/summary.md"), as: UTF8.self)
            }

            /// Every kill without its time.
            func kills() throws -> [[String: Any]] {
                let timed = try #require(result["oomKills"] as? [[String: Any]])
                return try timed.map { try #require($0["kill"] as? [String: Any]) }
            }
        }

        /// Other tests may have switched swap on, and a kernel that can swap need not kill.
        private func swaplessVictim() throws -> Victim {
            let victim = try Victim()
            if let outer = victim.cgroup.parent, outer.has("memory.swap.max") {
                try outer.write("memory.swap.max", "0")
            }
            return victim
        }

        @Test func theIntendedVictimIsNamedWithWhatLedToIt() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try swaplessVictim()
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: oom
                targets: {cg: {cgroup: \(victim.cgroup.path)}}
                phases: {baseline: 0s, run: 6s, recovery: 0s}
                faults: [{id: kill, at: 4s, memory.oom_kill: {target: cg}}]
                """, in: place)
            let command = BrinkCommand(in: place)
            let result = try command.run(["run", path])
            #expect(result.code == 0, "\(result.all)")
            #expect(result.errors.contains("the intended victim"), "\(result.errors)")
            let report = try Report(command)
            let kills = try report.kills()
            let kill = try #require(kills.first)
            #expect(kills.count == 1, "\(kills.map { $0["victim"] ?? "" })")
            #expect(kill["role"] as? String == "intended")
            #expect(kill["target"] as? String == "cg")
            #expect(kill["limitedBy"] as? String == victim.cgroup.path)
            let who = try #require(kill["victim"] as? [String: Any])
            #expect(who["pid"] as? Int == Int(victim.worker.pid))
            #expect(who["name"] as? String == "perl")
            #expect(who["cgroup"] as? String == victim.cgroup.path)
            let events = try #require(kill["events"] as? [String: Int])
            #expect(events["oom_kill"] == 1)
            let lead = try #require(kill["lead"] as? [String: Any])
            let times = try #require(lead["times"] as? [Double])
            // Fifty a second on a quiet machine; the VM's CPUs are emulated and busy with reclaim. The usual gap: one in
            // which the machine stood still is one gap.
            let gaps = zip(times, times.dropFirst()).map { $1 - $0 }.sorted()
            let gap = gaps.isEmpty ? .infinity : gaps[gaps.count / 2]
            print("oom: \(times.count) readings over \(-(times.first ?? 0)) s before the kill, one in \(gap) s")
            #expect(times.count > 30 && gap < 1.0 / 30)
            let series = try #require(lead["series"] as? [String: [Any]])
            #expect(Set(series.keys).isSuperset(of: ["current", "anon", "file", "refaults", "pressure.some"]))
            #expect(series.values.allSatisfy { $0.count == times.count })
            #expect(report.page.contains("Out of memory"))
            #expect(report.page.contains("Before the kill at"))
            #expect(report.summary.contains("the intended victim"))
            try victim.remove()
        }

        /// A limit above both: the kernel takes a sibling that nobody meant.
        @Test func aBystanderIsTold() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try swaplessVictim()
            let outer = try #require(victim.cgroup.parent)
            let sibling = outer.child("sibling")
            try sibling.create()
            let worker = try SpawnRequest(
                "/usr/bin/perl", ["-e", "my $a; $a .= 'x' x (1 << 20) for 1..48; sleep 1000"],
                environment: ["PATH": "/usr/bin:/bin"], cgroup: sibling.folder, newSession: true
            ).start()
            while try sibling.readNumber("memory.current") ?? 0 < 48 << 20 { MonotonicClock.pause(milliseconds: 20) }
            MonotonicClock.pause(milliseconds: 500)
            try SystemFile.writeOnce("/proc/\(worker.identity.pid)/oom_score_adj", Array("1000".utf8))
            let used = try outer.readNumber("memory.current") ?? 0
            try outer.write("memory.max", "\((used + 16 << 20) / 4096 * 4096)")
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: bystander
                targets: {cg: {cgroup: \(victim.cgroup.path)}}
                phases: {baseline: 0s, run: 5s, recovery: 0s}
                faults: [{id: balloon, at: 500ms, for: 4s, memory.balloon: {target: cg, size: 56MiB}}]
                """, in: place)
            let command = BrinkCommand(in: place)
            let result = try command.run(["run", path])
            #expect(result.code == 0, "\(result.all)")
            let report = try Report(command)
            let kill = try #require(try report.kills().first, "\(result.all)")
            #expect(kill["role"] as? String == "bystander")
            #expect(kill["limitedBy"] as? String == outer.path)
            let who = try #require(kill["victim"] as? [String: Any])
            #expect(who["pid"] as? Int == Int(worker.identity.pid))
            #expect(who["cgroup"] as? String == sibling.path)
            #expect(result.errors.contains("BYSTANDER"))
            // What was done to the pressed target is what led to it.
            #expect(kill["lead"] != nil)
            let ended = worker.hasEnded(within: 1000)
            #expect(ended)
            _ = try worker.reap()
            try victim.remove()
        }

        /// Brink's own stressor dies in the target's stead: neither a victim nor a bystander.
        @Test func aStressorIsNoVictim() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try swaplessVictim()
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: stressor
                targets: {cg: {cgroup: \(victim.cgroup.path)}}
                phases: {baseline: 0s, run: 5s, recovery: 0s}
                faults:
                - {id: limit, at: 0s, for: 4s, memory.max: {target: cg, value: 128MiB}}
                - {id: leak, at: 200ms, for: 3s, memory.leak: {target: cg, rate: 100MiB, limit: 300MiB}}
                """, in: place)
            let command = BrinkCommand(in: place)
            _ = try command.run(["run", path])
            let kill = try #require(try Report(command).kills().first)
            #expect(kill["role"] as? String == "stressor", "\(kill["victim"] ?? "")")
            try victim.remove()
        }
    }
}
