import Foundation
import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// Every fault for real: a run passes only when each was seen to take effect and the host is as it was.
    @Suite(.serialized) struct EveryFaultTests {
        @Test(arguments: [
            "memory.high: {target: cg, value: 70%}", "memory.max: {target: cg, value: 90%}",
            "memory.balloon: {target: cg, size: 8MiB, ramp: 200ms}", "cpu.max: {target: cg, quota: 5%}",
            "cgroup.freeze: {target: cg}", "cgroup.profile: {target: cg, name: slow-cpu}",
            "rlimit.nofile: {target: cg, value: 32}", "process.signal: {target: proc, signal: STOP}",
        ])
        func onACgroupOrProcess(_ fault: String) throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try Victim()
            let before = try victim.snapshot()
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: one
                targets: {cg: {cgroup: \(victim.cgroup.path)}, proc: {process: \(victim.worker.pid)}}
                phases: {baseline: 0s, run: 3s, recovery: 0s}
                faults: [{id: f, at: 0s, for: 2s, \(fault)}]
                """, in: place)
            let result = try BrinkCommand(in: place).run(["run", path])
            #expect(result.code == 0, "\(fault): \(result.all)")
            // A cap on memory may well cost the victim a process, which no undo brings back; its knobs are as they were.
            let knobsOnly = fault.hasPrefix("memory.max")
            let compared = { (snapshot: [String: [UInt8]]) in
                snapshot.filter { !knobsOnly || ($0.key != "cgroup.procs" && !$0.key.contains(" ")) }
            }
            #expect(try compared(victim.snapshot()) == compared(before), "\(fault)")
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
                phases: {baseline: 2s, run: 62s, recovery: 30s}
                steadyState: {window: 2s, checks: {answers: "throughput > 1/s"}}
                faults:
                - {id: lag, at: 1s, for: 3s, toxic.latency: {target: link, latency: 30ms}}
                - {id: narrow, at: 5s, for: 3s, toxic.bandwidth: {target: link, rate: 2KB}}
                - {id: hush, at: 9s, for: 2s, toxic.timeout: {target: link}}
                - {id: reset, at: 12s, for: 2s, toxic.reset_peer: {target: link}}
                - {id: down, at: 15s, for: 2s, toxic.down: {target: link}}
                - {id: backend, at: 19s, postgres.kill: {target: db, role: backend}}
                - {id: checkpointer, at: 25s, postgres.kill: {target: db, role: checkpointer}}
                - {id: walwriter, at: 31s, postgres.kill: {target: db, role: walwriter}}
                - {id: fast, at: 37s, postgres.restart: {target: db, mode: fast}}
                - {id: immediate, at: 43s, postgres.restart: {target: db, mode: immediate}}
                - {id: stopped, at: 49s, postgres.kill: {target: db, role: backend, signal: STOP, restartAfter: 1s}}
                # A smart shutdown waits for its clients, so they are cut off first.
                - {id: alone, at: 53s, for: 5s, toxic.down: {target: link}}
                - {id: smart, at: 54s, postgres.restart: {target: db, mode: smart}}
                expect: [{id: integrity, that: "ledger.lost == 0"}]
                """, in: place)
            let result = try BrinkCommand(in: place).run(["run", path])
            #expect(result.code == 0, "\(result.all)")
        }
    }
}
