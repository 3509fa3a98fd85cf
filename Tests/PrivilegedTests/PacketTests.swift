import Foundation
import Glibc
import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// What happens to packets: real queues, real filters, and nobody else's touched.
    @Suite(.serialized) struct PacketTests {
        private func scenario(_ target: String, _ fault: String, lasting: String = "1500ms") -> String {
            """
            apiVersion: brink/v1
            id: packets
            targets: {t: \(target)}
            phases: {baseline: 0s, run: \(lasting), recovery: 0s}
            faults: [{id: f, at: 0s, for: \(lasting), \(fault)}]
            """
        }

        /// A shipped scenario: the fault seen in the kernel's or the proxy's own figures, each recovery in time.
        @Test(arguments: ["network.packets.all-at-once"])
        func theShippedScenarioPasses(_ id: String) throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let before = try devices()
            let command = BrinkCommand(in: place)
            let result = try command.run(["run", id])
            #expect(result.code == 0, "\(result.all)")
            for line in result.all.split(separator: "\n") where line.contains("verified") || line.contains("recovered")
            {
                print("\(id): \(line)")
            }
            #expect(try devices() == before)
            #expect(try command.run(["verify"]).code == 0)
        }

        private func devices() throws -> [String] {
            try NetworkDevices.names() + FileSystemMount.all().map(\.folder)
        }

        /// kill -9 of the harness with a link's packets in a queue: queue, interfaces and namespace are all gone.
        @Test func theGuardianTakesALinksInterfacesAway() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let before = try devices()
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: killed
                services: {db: {postgres: {}}}
                targets: {link: {tcpProxy: {upstream: db}}}
                load: {sql: {target: link, rate: 5/s, writes: 50%, timeout: 5s}}
                phases: {baseline: 1s, run: 60s, recovery: 0s}
                steadyState: {window: 1s, checks: {answers: "throughput > 0.1/s"}}
                faults:
                - {id: lag, at: 0s, for: 60s, packet.delay: {target: link, delay: 20ms}}
                - {id: cut, at: 0s, for: 60s, packet.partition: {target: link, direction: in}}
                """, in: place)
            let command = BrinkCommand(in: place)
            let running = try command.start(["run", path])
            while !running.hasEnded, running.errorsSoFar.components(separatedBy: "injected").count < 3 {
                MonotonicClock.pause(milliseconds: 10)
            }
            let during = try devices()
            try running.send(.kill)
            let killed = try running.wait()
            #expect(killed.code == 137, "\(killed.all)")
            #expect(during != before)
            let recovery = try command.run(["recover"])
            #expect(recovery.code == 0, "\(recovery.all)")
            #expect(try devices() == before)
            #expect(try command.run(["verify"]).code == 0)
        }

        /// Whatever shapes or filters the device already is left as it is, and said.
        @Test(
            arguments: [
                ("/usr/sbin/tc qdisc add dev lo root handle 1: pfifo limit 77", "qdisc pfifo 1: root"),
                ("/usr/sbin/tc qdisc add dev lo clsact", "qdisc clsact ffff:"),
            ])
        func whatSomebodyElseMadeIsRefused(_ command: String, _ shown: String) throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try Victim()
            try FaultCase(fault: "", companion: .chatting).prepare(victim)
            let mate = try #require(victim.mate)
            let namespace = try NetworkNamespace(of: mate.pid)
            let words = command.split(separator: " ").map(String.init)
            try NetworkTool.tc.run(Array(words.dropFirst()), in: namespace)
            let before = try NetworkTool.tc.run(["qdisc", "show"], in: namespace)
            let path = try PrivilegedSuite.scenario(
                scenario("{process: \(mate.pid)}", "packet.delay: {target: t, delay: 10ms}"), in: place)
            let result = try BrinkCommand(in: place).run(["run", path])
            #expect([69, 70].contains(result.code), "\(result.all)")
            #expect(result.all.contains("refused") && result.all.contains(shown), "\(result.all)")
            #expect(try NetworkTool.tc.run(["qdisc", "show"], in: namespace) == before)
            try victim.remove()
        }

        @Test func theHostsOwnPacketsAreRefused() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try Victim()
            for fault in [
                "packet.loss: {target: t, rate: 1%}", "packet.partition: {target: t}",
                "dns.fail: {target: t, hosts: db.test, server: 127.0.0.1}",
            ] {
                for target in ["{process: \(victim.worker.pid)}", "{cgroup: \(victim.cgroup.path)}"] {
                    let path = try PrivilegedSuite.scenario(scenario(target, fault, lasting: "500ms"), in: place)
                    let result = try BrinkCommand(in: place).run(["run", path])
                    #expect([69, 70].contains(result.code) && result.all.contains("refused"), "\(result.all)")
                }
            }
            try victim.remove()
        }

        /// Two ports in one namespace: only the one that is named waits.
        @Test func otherTrafficIsNotTouched() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try Victim()
            try FaultCase(fault: "", companion: .chatting).prepare(victim)
            let mate = try #require(victim.mate)
            let path = try PrivilegedSuite.scenario(
                scenario(
                    "{process: \(mate.pid)}", "packet.delay: {target: t, delay: 60ms, port: 7001}", lasting: "20s"),
                in: place)
            let command = BrinkCommand(in: place)
            let running = try command.start(["run", path])
            while !running.hasEnded, !running.errorsSoFar.contains("verified") {
                MonotonicClock.pause(milliseconds: 10)
            }
            let namespace = try NetworkNamespace(of: mate.pid)
            let times = try namespace.run { () throws(SystemError) in
                [try Self.connectTime(7001), try Self.connectTime(7002)]
            }
            print("connect to the delayed port \(times[0]), to the other \(times[1])")
            #expect(times[0] >= .milliseconds(120))
            #expect(times[1] < .milliseconds(60))
            try running.send(.interrupt)
            #expect(try running.wait().code == 130)
            try victim.remove()
        }

        /// The one name fails, the other is answered, and afterwards both are.
        @Test func onlyTheNamedHostFails() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try Victim()
            try FaultCase(fault: "", companion: .asking).prepare(victim)
            let mate = try #require(victim.mate)
            let command = BrinkCommand(in: place)
            // Codes of RFC 1035: NXDOMAIN is 3; the client gives up after a second.
            for (answer, shown) in [("nxdomain", "3 0"), ("timeout", "none 0")] {
                let path = try PrivilegedSuite.scenario(
                    scenario(
                        "{process: \(mate.pid)}",
                        "dns.fail: {target: t, hosts: '*.test', server: 127.0.0.1, answer: \(answer)}", lasting: "20s"),
                    in: place)
                let running = try command.start(["run", path])
                while !running.hasEnded, try answers() != shown { MonotonicClock.pause(milliseconds: 10) }
                #expect(try answers() == shown)
                try running.send(.interrupt)
                let result = try running.wait()
                #expect(result.code == 130, "\(result.all)")
                let end = MonotonicClock.now() + .seconds(10)
                while try answers() != "0 0", MonotonicClock.now() < end { MonotonicClock.pause(milliseconds: 10) }
                #expect(try answers() == "0 0")
            }
            try victim.remove()
        }

        /// What the companion that asks was answered last, the name that is hit first.
        private func answers() throws -> String {
            // It is written anew each time, and may be empty for a moment.
            while true {
                let text = try SystemFile.readText("/tmp/brink-questioner")
                if !text.isEmpty { return text }
                MonotonicClock.pause(milliseconds: 1)
            }
        }

        /// How long a handshake takes.
        private static func connectTime(_ port: UInt16) throws(SystemError) -> Duration {
            var best = Duration.seconds(60)
            // Of several, since this machine may be busy.
            for _ in 0..<3 {
                let start = MonotonicClock.now()
                _ = try TCPSocket.connect([127, 0, 0, 1], port, within: .seconds(5))
                best = min(best, MonotonicClock.now() - start)
            }
            return best
        }
    }
}
