import Foundation
import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// Every fault for real: a run passes only when each was seen to take effect and the host is as it was.
    @Suite(.serialized) struct EveryFaultTests {
        private func scenario(_ victim: Victim, _ faults: [String], phases: String) -> String {
            """
            apiVersion: brink/v1
            id: some
            targets:
              cg: {cgroup: \(victim.cgroup.path)}
              proc: {process: \(victim.worker.pid)}
              shell: {process: \(victim.shell.pid)}
              mate: {process: \(victim.mate?.pid ?? victim.shell.pid)}
            phases: {baseline: 0s, \(phases), recovery: 0s}
            faults:
            \(faults.enumerated().map { "- {id: f\($0), \($1)}" }.joined(separator: "\n"))
            """
        }

        /// What must be as before: with a fault that kills, or a victim that forks, not which processes there are.
        private func compared(_ victim: Victim, _ one: FaultCase) throws -> [String: [UInt8]] {
            try victim.snapshot().filter { entry in
                let isForking = one.companion.map { [.forking, .writing, .reading].contains($0) } ?? false
                guard one.isDeadly || isForking else { return true }
                return entry.key != "cgroup.procs" && !entry.key.contains(" ")
            }
        }

        /// One after the other.
        @Test(arguments: FaultGroup.sequences)
        func areSeenAndTakenBack(_ group: FaultGroup) throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try Victim()
            try group.prepare(victim)
            defer { #expect(throws: Never.self) { try group.needs.release() } }
            let before = try compared(victim, group.needs)
            let faults = group.cases.enumerated().map { index, one in
                let lasts = one.isInstant ? "" : "for: \(one.lasting)ms, "
                return "\(index == 0 ? "at: 0s" : "after: f\(index - 1)"), \(lasts)\(one.fault)"
            }
            let phases =
                group.cases.count == 1
                ? "run: \(group.needs.lasting + 500)ms" : "run: \(group.cases.count * 20)s, untilRecovered: true"
            let path = try PrivilegedSuite.scenario(scenario(victim, faults, phases: phases), in: place)
            let result = try BrinkCommand(in: place).run(["run", path])
            #expect(result.code == 0, "\(group): \(result.all)")
            #expect(Victim.differences(before, try compared(victim, group.needs)) == [], "\(group): \(result.all)")
            try victim.remove()
        }

        /// kill -9 of the harness while the faults are in force: the guardian restores everything by itself.
        @Test(arguments: FaultGroup.sets)
        func theGuardianTakesThemBack(_ group: FaultGroup) throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try Victim()
            try group.prepare(victim)
            defer { #expect(throws: Never.self) { try group.needs.release() } }
            let before = try compared(victim, group.needs)
            let faults = group.cases.map { "at: 0s, for: 60s, \($0.fault)" }
            let path = try PrivilegedSuite.scenario(scenario(victim, faults, phases: "run: 60s"), in: place)
            let command = BrinkCommand(in: place)
            let running = try command.start(["run", path])
            while !running.hasEnded,
                running.errorsSoFar.components(separatedBy: "  injected").count <= group.cases.count
            {
                MonotonicClock.pause(milliseconds: 5)
            }
            let during = try compared(victim, group.needs)
            try running.send(.kill)
            let result = try running.wait()
            #expect(result.code == 137, "\(group): \(result.all)")
            // The lock is the guardian's until it has done its work.
            let recovery = try command.run(["recover"])
            #expect(recovery.code == 0, "\(group): \(recovery.all)")
            #expect(Victim.differences(before, try compared(victim, group.needs)) == [], "\(group): \(recovery.all)")
            #expect(during != before || group.needs.isDeadly, "\(group): nothing was changed when it was killed")
            let verify = try command.run(["verify"])
            #expect(verify.code == 0, "\(group): \(verify.all)")
            try victim.remove()
        }

        /// One after the other on one cluster and one link, under load.
        @Test func onPostgresAndALink() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: many
                services: {db: {postgres: {}}}
                targets: {db: {service: db}, link: {tcpProxy: {upstream: db}}}
                load: {sql: {target: link, rate: 15/s, writes: 50%, timeout: 2s}}
                phases: {baseline: 2s, run: 46s, recovery: 30s}
                steadyState: {window: 2s, checks: {answers: "throughput > 1/s"}}
                faults:
                - {id: lag, at: 1s, for: 3s, toxic.latency: {target: link, latency: 30ms}}
                - {id: narrow, at: 5s, for: 3s, toxic.bandwidth: {target: link, rate: 2KB}}
                - {id: hush, at: 9s, for: 2s, toxic.timeout: {target: link}}
                - {id: reset, at: 12s, for: 2s, toxic.reset_peer: {target: link}}
                - {id: down, at: 15s, for: 2s, toxic.down: {target: link}}
                - {id: backend, at: 19s, postgres.kill: {target: db, role: backend}}
                # Other roles and a fast restart are in the shipped scenarios database.crashes.
                - {id: stopped, at: 24s, postgres.kill: {target: db, role: backend, signal: STOP, restartAfter: 1s}}
                # A smart shutdown waits for its clients, so they are cut off first.
                - {id: alone, at: 28s, for: 5s, toxic.down: {target: link}}
                - {id: smart, at: 29s, postgres.restart: {target: db, mode: smart}}
                - {id: crowd, at: 36s, for: 3s, connections.hoard: {target: link, count: 20}}
                - {id: slots, at: 40s, for: 3s, connections.hoard: {target: db, leave: 30}}
                expect: [{id: integrity, that: "ledger.lost == 0"}]
                """, in: place)
            let result = try BrinkCommand(in: place).run(["run", path])
            #expect(result.code == 0, "\(result.all)")
        }

        /// What a stream can suffer, one after the other on one link, under load.
        @Test func onTheBytesOfALink() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: bytes
                services: {db: {postgres: {}}}
                targets: {db: {service: db}, link: {tcpProxy: {upstream: db}}}
                load: {sql: {target: link, rate: 15/s, writes: 50%, timeout: 1s}}
                phases: {baseline: 2s, run: 44s, recovery: 30s}
                steadyState: {window: 2s, checks: {answers: "throughput > 1/s"}}
                faults:
                - {id: slices, at: 1s, for: 2s, toxic.slicer: {target: link, size: 20B, variation: 5B, delay: 100us}}
                # A client that waits in vain hangs up, and that is what slow_close holds back.
                - {id: stall, at: 4s, for: 3s, toxic.stall: {target: link}}
                - {id: lingering, at: 4s, for: 4s, toxic.slow_close: {target: link, stream: upstream, delay: 500ms}}
                - {id: short, at: 9s, for: 2s, toxic.limit_data: {target: link, bytes: 256B}}
                - {id: vanished, at: 13s, for: 2s, toxic.half_open: {target: link}}
                - {id: flipped, at: 17s, for: 2s, toxic.corrupt: {target: link, rate: 1%}}
                - {id: twice, at: 21s, for: 2s, toxic.duplicate: {target: link, rate: 20%}}
                - {id: gone, at: 25s, for: 2s, toxic.drop: {target: link, rate: 20%}}
                - {id: holes, at: 29s, for: 2s, toxic.packet_loss: {target: link, rate: 20%, clients: 127.0.0.0/8}}
                - {id: slower, at: 33s, for: 2s, toxic.latency: {target: link, latency: 60ms, ramp: 1s}}
                - {id: refused, at: 36s, for: 3s, toxic.postgres: {target: link, do: error, sqlstate: "40001", every: 3}}
                - {id: unknown, at: 40s, for: 3s, toxic.postgres: {target: link, on: command_complete, do: cut, every: 5}}
                expect: [{id: integrity, that: "ledger.lost == 0"}]
                """, in: place)
            let result = try BrinkCommand(in: place).run(["run", path])
            #expect(result.code == 0, "\(result.all)")
        }
    }
}
