import Cgroups
import Foundation
import Glibc
import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// Faults on units of a real systemd, which must stay the one that writes their knobs.
    @Suite(.serialized) struct SystemdTests {
        private func scenario(_ faults: String, unit: String = SystemdHost.unit, run: String) -> String {
            """
            apiVersion: brink/v1
            id: unit
            targets: {web: {unit: \(unit)}}
            phases: {baseline: 0s, run: \(run), recovery: 0s}
            faults:
            \(faults)
            """
        }

        /// Every property, the freezer, a process in the unit's cgroup and limits of its processes. A unit that waits
        /// for memory uses no CPU to be throttled, one that is throttled forks too seldom to be refused, and one that is
        /// idle weighs nothing, so one comes after the other.
        private static let faults = """
            - {id: cpu, at: 0s, for: 8s, cpu.max: {target: web, quota: 5%}}
            - {id: low, at: 0s, for: 2s, memory.low: {target: web, value: 4MiB}}
            - {id: files, at: 0s, for: 2s, rlimit.nofile: {target: web, value: 32}}
            - {id: idle, at: 12s, for: 1s, cpu.idle: {target: web}}
            - {id: balloon, at: 12s, for: 1s, memory.balloon: {target: web, size: 4MiB}}
            - {id: pids, at: 12s, for: 4s, pids.max: {target: web, value: 1}}
            - {id: high, at: 24s, for: 2s, memory.high: {target: web, value: 8MiB}}
            - {id: weight, at: 24s, for: 2s, cpu.weight: {target: web, value: 7}}
            - {id: ice, at: 33s, for: 1s, cgroup.freeze: {target: web}}
            """

        private static let held = """
            - {id: high, at: 0s, for: 80s, memory.high: {target: web, value: 8MiB}}
            - {id: cpu, at: 0s, for: 80s, cpu.max: {target: web, quota: 30%, period: 50ms}}
            - {id: weight, at: 0s, for: 80s, cpu.weight: {target: web, value: 7}}
            """

        private func waitFor(_ text: String, _ running: BrinkCommand.Running) throws {
            let end = MonotonicClock.now() + .seconds(90)
            while !running.hasEnded, !running.errorsSoFar.contains(text) {
                try #require(MonotonicClock.now() < end, "\(text): \(running.errorsSoFar)")
                MonotonicClock.pause(milliseconds: 5)
            }
        }

        /// Waits until each of the faults that are held is in force.
        private func waitForHeld(_ running: BrinkCommand.Running) throws {
            for fault in ["high", "cpu", "weight"] { try waitFor("fault \(fault)  injected", running) }
        }

        private static let kernelWhileHeld = ["memory.high": "8388608", "cpu.max": "15000 50000", "cpu.weight": "7"]

        private func differences(_ before: [String: String], _ after: [String: String]) -> [String] {
            Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }.sorted().map {
                "\($0): \(before[$0] ?? "nothing") → \(after[$0] ?? "nothing")"
            }
        }

        @Test func aUnitIsHitThroughItsProperties() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let host = try SystemdHost()
            let before = try host.snapshot()
            let path = try PrivilegedSuite.scenario(scenario(Self.faults, run: "36s"), in: place)
            let running = try host.brink(in: place).start(["run", path])
            try waitFor("fault cpu  injected", running)
            let during = try host.snapshot()
            let result = try running.wait()
            #expect(result.code == 0, "\(result.all)")
            for fault in ["cpu", "low", "pids", "files", "idle", "balloon", "high", "weight", "ice"] {
                #expect(result.all.contains("fault \(fault)  verified"), "\(fault): \(result.all)")
            }
            #expect(during["cpu.max"] == "5000 100000")
            #expect(during["systemd"]?.contains("CPUQuotaPerSecUSec=50ms\n") == true, "\(during["systemd"] ?? "")")
            #expect(
                during["systemd"]?.contains("/run/systemd/system.control/\(SystemdHost.unit).d/50-CPUQuota.conf")
                    == true)
            #expect(differences(before, try host.snapshot()) == [], "\(result.all)")
            try host.remove()
        }

        /// What an administrator had set at run time before is there again, byte for byte, with its drop-in.
        @Test func dropInsThatWereThereAreKept() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let host = try SystemdHost()
            try host.systemctl(["set-property", "--runtime", SystemdHost.unit, "MemoryHigh=150M", "CPUQuota=70%"])
            let folder = "/proc/\(host.systemd)/root/run/systemd/system.control/\(SystemdHost.unit).d"
            try SystemFile.append("\(folder)/50-MemoryHigh.conf", Array("# Set by hand.\n".utf8))
            let path = try PrivilegedSuite.scenario(
                scenario(
                    """
                    - {id: high, at: 0s, for: 8s, memory.high: {target: web, value: 8MiB}}
                    - {id: cpu, at: 0s, for: 8s, cpu.max: {target: web, quota: 30%, period: 50ms}}
                    """, run: "14s"), in: place)
            let command = host.brink(in: place)
            // The comment is news to systemd, and so might be the rest of such a file.
            let refused = try command.run(["run", path])
            #expect(refused.code == 69 && refused.all.contains("run systemctl daemon-reload first"), "\(refused.all)")

            try host.systemctl(["daemon-reload"])
            let before = try host.snapshot()
            #expect(before["memory.high"] == "157286400" && before["cpu.max"] == "70000 100000", "\(before)")
            let running = try command.start(["run", path])
            for fault in ["high", "cpu"] { try waitFor("fault \(fault)  injected", running) }
            let during = try host.snapshot()
            let result = try running.wait()
            #expect(result.all.contains("fault high  verified"), "\(result.all)")
            #expect(during["memory.high"] == "8388608" && during["cpu.max"] == "15000 50000", "\(during)")
            #expect(differences(before, try host.snapshot()) == [], "\(result.all)")
            try host.remove()
        }

        @Test func aDaemonReloadDoesNotEndTheFault() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let host = try SystemdHost()
            let before = try host.snapshot()
            let path = try PrivilegedSuite.scenario(scenario(Self.held, run: "80s"), in: place)
            let running = try host.brink(in: place).start(["run", path])
            try waitForHeld(running)
            try host.systemctl(["daemon-reload"])
            // A knob written past systemd would be what the unit's file says by now.
            MonotonicClock.pause(milliseconds: 1000)
            let during = try host.snapshot()
            for (knob, value) in Self.kernelWhileHeld { #expect(during[knob] == value, "\(knob)") }
            for pid in try host.processes(called: "brink") { kill(pid, SIGINT) }
            let result = try running.wait()
            #expect(result.code == 130, "\(result.all)")
            #expect(differences(before, try host.snapshot()) == [], "\(result.all)")
            try host.remove()
        }

        @Test func theGuardianGivesAUnitBackItsProperties() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let host = try SystemdHost()
            let before = try host.snapshot()
            let path = try PrivilegedSuite.scenario(scenario(Self.held, run: "80s"), in: place)
            let command = host.brink(in: place)
            let running = try command.start(["run", path])
            try waitForHeld(running)
            let during = try host.snapshot()
            for (knob, value) in Self.kernelWhileHeld { #expect(during[knob] == value, "\(knob)") }
            let harness = try #require(try host.processes(called: "brink").first)
            kill(harness, SIGKILL)
            #expect(try running.wait().code == 137)
            let end = MonotonicClock.now() + .seconds(60)
            while try !host.processes(called: "brink-guardian").isEmpty, MonotonicClock.now() < end {
                MonotonicClock.pause(milliseconds: 20)
            }
            #expect(differences(before, try host.snapshot()) == [])
            for words in ["verify", "recover"] {
                let result = try command.run([words])
                #expect(result.code == 0, "\(words): \(result.all)")
            }
            try host.remove()
        }

        @Test func recoverGivesAUnitBackItsProperties() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let host = try SystemdHost()
            let before = try host.snapshot()
            let path = try PrivilegedSuite.scenario(scenario(Self.held, run: "80s"), in: place)
            let command = host.brink(in: place)
            let running = try command.start(["run", path])
            try waitForHeld(running)
            // The unit gets another cgroup: what was set for it holds there too, and must be taken back there.
            try host.systemctl(["restart", SystemdHost.unit])
            for name in ["brink-guardian", "brink"] {
                for pid in try host.processes(called: name) { kill(pid, SIGKILL) }
            }
            _ = try running.wait()
            let during = try host.snapshot()
            for (knob, value) in Self.kernelWhileHeld { #expect(during[knob] == value, "\(knob)") }
            let residue = try command.run(["verify"])
            #expect(residue.code == 10 && residue.all.contains("is not as it was"), "\(residue.all)")
            let recovery = try command.run(["recover"])
            #expect(recovery.code == 0, "\(recovery.all)")
            // The main process is another one.
            var after = try host.snapshot()
            let pid = { (text: String?) in text?.split(separator: "\n").first { $0.hasPrefix("MainPID=") } ?? "" }
            after["systemd"] = after["systemd"]?.replacing(pid(after["systemd"]), with: pid(before["systemd"]))
            #expect(differences(before, after) == [], "\(recovery.all)")
            let verify = try command.run(["verify"])
            #expect(verify.code == 0, "\(verify.all)")
            try host.remove()
        }

        /// Units that are made at run time have no file of their own, and their drop-ins are kept elsewhere.
        @Test func aTransientUnit() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let host = try SystemdHost()
            let unit = "brink-passing.service"
            try host.call([
                "/usr/bin/systemd-run", "--unit", unit, "--property=DefaultDependencies=no", "--property=TasksMax=50",
                "/usr/bin/perl", "-e",
                "my @a; while (1) { @a = map { 'x' x 65536 } 1..200; select undef, undef, undef, 0.01 }",
            ])
            let before = try host.snapshot(unit)
            let path = try PrivilegedSuite.scenario(
                scenario(
                    "- {id: cpu, at: 0s, for: 2s, cpu.max: {target: web, quota: 5%}}\n"
                        + "- {id: high, at: 6s, for: 5s, memory.high: {target: web, value: 8MiB}}", unit: unit,
                    run: "12s"),
                in: place)
            let running = try host.brink(in: place).start(["run", path])
            try waitFor("fault high  injected", running)
            let during = try host.snapshot(unit)
            let result = try running.wait()
            #expect(result.code == 0 && result.all.contains("fault cpu  verified"), "\(result.all)")
            #expect(during["memory.high"] == "8388608")
            #expect(during["systemd"]?.contains("/run/systemd/transient/\(unit).d/50-MemoryHigh.conf") == true)
            #expect(differences(before, try host.snapshot(unit)) == [], "\(result.all)")
            try host.remove()
        }

        /// Someone else's value is left alone, and said to be there.
        @Test func whatSomeoneElseSetsMeanwhileStays() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let host = try SystemdHost()
            let path = try PrivilegedSuite.scenario(
                scenario("- {id: high, at: 0s, for: 15s, memory.high: {target: web, value: 8MiB}}", run: "17s"),
                in: place
            )
            let running = try host.brink(in: place).start(["run", path])
            try waitFor("fault high  injected", running)
            try host.systemctl(["set-property", "--runtime", SystemdHost.unit, "MemoryHigh=120M"])
            let result = try running.wait()
            #expect(result.code == 10, "\(result.all)")
            #expect(
                result.all.contains("MemoryHigh of \(SystemdHost.unit) is 125829120, neither the injected 8388608"),
                "\(result.all)")
            #expect(try host.cgroup().readText("memory.high") == "125829120")
            try host.remove()
        }

        @Test func whatIsNoUnitToHitIsRefused() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let host = try SystemdHost()
            let before = try host.snapshot()
            let command = host.brink(in: place)
            for (unit, message) in [
                ("brink-absent.service", "systemd says: not-found"),
                ("brink-idle.service", "systemd says: inactive (dead); start it first"),
                ("system.slice", "holds the system itself"), ("-.slice", "the root cgroup is the whole machine"),
                ("init.scope", "refused:"), ("systemd-brink.service", "one of the system's own units"),
                ("brink-door.service", "is sshd, part of the login chain"),
            ] {
                let path = try PrivilegedSuite.scenario(
                    scenario(
                        "- {id: high, at: 0s, for: 1s, memory.high: {target: web, value: 8MiB}}", unit: unit, run: "2s"),
                    in: place)
                let result = try command.run(["run", path])
                #expect(result.code == 69 && result.all.contains(message), "\(unit): \(result.all)")
            }
            let squeezed = try command.run(["squeeze", "unit:brink-idle.service", "pids", "--slo", "target.alive > 0"])
            #expect(squeezed.code == 69 && squeezed.all.contains("start it first"), "\(squeezed.all)")
            // Outside of its namespaces no systemd listens.
            let path = try PrivilegedSuite.scenario(
                scenario("- {id: high, at: 0s, for: 1s, memory.high: {target: web, value: 8MiB}}", run: "2s"), in: place
            )
            let elsewhere = try BrinkCommand(in: place).run(["run", path])
            #expect(
                elsewhere.code == 69 && elsewhere.all.contains("reach systemd on /run/systemd/private"),
                "\(elsewhere.all)")
            #expect(differences(before, try host.snapshot()) == [])
            try host.remove()
        }
    }
}
