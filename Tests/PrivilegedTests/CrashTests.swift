import Cgroups
import Foundation
import Glibc
import Journal
import LinuxSystem
import Postgres
import Testing

extension PrivilegedSuite {
    /// kill -9 of the harness before and after every record of its journal, with many faults active at once.
    @Suite(.serialized) struct CrashTests {
        /// Of these fourteen all but the restart are active together, for as long as the postmaster is down.
        private func manyFaults(_ victim: Victim, data: String) -> String {
            """
            apiVersion: brink/v1
            id: many
            targets:
              cg: {cgroup: \(victim.cgroup.path)}
              proc: {process: \(victim.shell.pid)}
              db: {postgres: {data: \(data)}}
              link: {tcpProxy: {upstream: "127.0.0.1:1"}}
            phases: {baseline: 0s, run: 30s, recovery: 0s, untilRecovered: true}
            faults:
            - {id: high, at: 0s, for: 800ms, memory.high: {target: cg, value: 200%}}
            - {id: max, at: 0s, for: 800ms, memory.max: {target: cg, value: 400%}}
            - {id: cpu, at: 0s, for: 800ms, cpu.max: {target: cg, quota: 20%}}
            - {id: balloon, at: 0s, for: 800ms, memory.balloon: {target: cg, size: 4MiB}}
            - {id: files, at: 0s, for: 800ms, rlimit.nofile: {target: cg, value: 64}}
            - {id: stop, at: 0s, for: 700ms, process.signal: {target: proc, signal: STOP}}
            - {id: ice, at: 50ms, for: 600ms, cgroup.freeze: {target: cg}}
            - {id: kill, at: 0s, postgres.kill: {target: db, role: postmaster, restartAfter: 300ms}}
            - {id: restart, after: kill, postgres.restart: {target: db}}
            - {id: lag, at: 0s, for: 800ms, toxic.latency: {target: link, latency: 10ms}}
            - {id: narrow, at: 0s, for: 800ms, toxic.bandwidth: {target: link, rate: 1KB}}
            - {id: hush, at: 0s, for: 800ms, toxic.timeout: {target: link}}
            - {id: reset, at: 0s, for: 800ms, toxic.reset_peer: {target: link}}
            - {id: down, at: 0s, for: 800ms, toxic.down: {target: link}}
            """
        }

        private func prepare(_ place: String) throws -> (Victim, ScratchCluster, BrinkCommand, String) {
            let victim = try Victim()
            let entry = try #require(getpwnam("postgres"))
            let owner = SpawnRequest.Owner(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
            let home = "\(place)/cluster"
            try SystemFile.makeFolders(home)
            try SystemFile.changeOwner(home, to: owner)
            let cluster = try ScratchCluster(folder: home, port: 54321, maxConnections: 20, owner: owner)
            try cluster.create()
            // As a distribution starts it: a child of init, which reaps it when it is killed.
            let control = try SpawnRequest(
                "\(try PostgresInstallation.newest().binaries)/pg_ctl",
                ["start", "-w", "-D", cluster.dataDirectory, "-l", cluster.logFile],
                environment: ["PATH": "/usr/bin:/bin"], directory: home, newSession: true, owner: owner
            ).start()
            let started = control.hasEnded(within: 60_000)
            try #require(started)
            let scenario = try PrivilegedSuite.scenario(manyFaults(victim, data: cluster.dataDirectory), in: place)
            return (victim, cluster, BrinkCommand(in: place), scenario)
        }

        /// Waits until no guardian is left and the database is back.
        private func settle(_ cluster: ScratchCluster) throws -> Duration {
            let start = MonotonicClock.now()
            // By pidfd: a look at all of /proc every few milliseconds would keep a CPU from what is measured.
            for pid in try guardians() {
                guard let identity = try? ProcessTable().identity(of: pid),
                    let guardian = try? ProcessHandle(opening: identity)
                else { continue }
                let hasEnded = guardian.hasEnded(within: 60_000)
                try #require(hasEnded, "the guardian \(identity) still works after a minute")
            }
            return MonotonicClock.now() - start
        }

        private func guardians() throws -> [Int32] {
            let table = ProcessTable()
            return try table.pids().filter { pid in
                guard let status = try? table.status(of: pid), !status.hasEnded else { return false }
                return status.name == "brink-guardian"
            }
        }

        /// A statement about the host that holds before the run, and must hold again.
        private func compare(_ before: [String: [UInt8]], _ victim: Victim) throws -> [String] {
            let after = try victim.snapshot()
            return Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }.sorted().map { key in
                "\(key): \((before[key] ?? []).trimmedText) → \((after[key] ?? []).trimmedText)"
            }
        }

        private func waitForDatabase(_ cluster: ScratchCluster) -> Bool {
            let end = MonotonicClock.now() + .seconds(20)
            while MonotonicClock.now() < end {
                if let server = try? PostgresServer(running: cluster.dataDirectory), server.isReady() { return true }
                MonotonicClock.pause(milliseconds: 20)
            }
            return false
        }

        private func journals(_ command: BrinkCommand) throws -> Set<String> {
            guard SystemFile.exists(command.state) else { return [] }
            return Set(try SystemFile.entries(of: command.state).filter { $0.hasSuffix(".journal") })
        }

        /// The first records of a journal: the harness writes those, its guardian goes on.
        private func records(of journal: String, _ command: BrinkCommand) throws -> [JournalRecord] {
            try SystemFile.read("\(command.state)/\(journal)").split(separator: 10).compactMap(JournalRecord.parse)
        }

        /// How many records are the harness's own. What it made before the first fault is the guardian's to undo.
        private func harnessCount(_ records: [JournalRecord]) -> Int {
            var guardians: Set<Int> = []
            for case .intent(let sequence, let owner, _) in records where ["tree", "services"].contains(owner) {
                guardians.insert(sequence)
            }
            let first = records.firstIndex { record in
                if case .undone(let sequence, _) = record { guardians.contains(sequence) } else { false }
            }
            return first ?? records.count
        }

        /// Whether a harness that got so far leaves it to its guardian to start the database.
        private func leavesServerDown(_ records: some Sequence<JournalRecord>) -> Bool {
            var open: Set<Int> = []
            for record in records {
                switch record {
                case .intent(let sequence, _, .startServer): open.insert(sequence)
                case .undone(let sequence, _): open.remove(sequence)
                default: break
                }
            }
            return !open.isEmpty
        }

        @Test func theGuardianRestoresWhateverTheMoment() throws {
            let place = try PrivilegedSuite.place()
            let (victim, cluster, command, scenario) = try prepare(place)
            let before = try victim.snapshot()
            // An undisturbed run says how many records there are, and is itself restored.
            let whole = try command.run(["run", scenario])
            #expect(try compare(before, victim) == [], "\(whole.all)")
            let journal = try #require(try journals(command).first)
            let count = harnessCount(try records(of: journal, command))
            try #require(count > 30, "\(whole.all)")

            var residues: [String] = []
            var missed: [String] = []
            /// Until the guardian was done, by whether it had a database to start.
            var quick: [(time: Duration, point: String)] = []
            var starting: [(time: Duration, point: String)] = []
            for record in 0..<count {
                for side in [CrashPoint.Side.before, .after] {
                    let point = "\(side.rawValue):\(record)"
                    let known = try journals(command)
                    let result = try command.run(["run", scenario], environment: ["BRINK_CRASH_POINT": point])
                    let time = try settle(cluster)
                    // A run that took another course can be over before it has written so much.
                    let died = result.code == 137
                    if died {
                        let written = side == .before ? record : record + 1
                        let new = try journals(command).subtracting(known).first
                        let own = try new.map { try records(of: $0, command).prefix(written) } ?? []
                        if leavesServerDown(own) { starting.append((time, point)) } else { quick.append((time, point)) }
                    } else {
                        missed.append("\(point) ended with \(result.code)")
                    }
                    var found = try compare(before, victim)
                    if !waitForDatabase(cluster) { found.append("the database is down") }
                    // Before its first record the run has changed nothing, and has no guardian yet.
                    if record == 0, try command.run(["recover"]).code != 0 { found.append("recover failed") }
                    let verify = try command.run(["verify"])
                    if verify.code != 0 { found.append("verify: \(verify.all)") }
                    residues += found.map { "\(point) died \(died): \($0)" }
                    if !found.isEmpty { _ = try command.run(["recover"]) }
                }
            }
            let all = (quick + starting).map(\.time).sorted()
            let slowest = quick.max { $0.time < $1.time }
            let times = quick.map(\.time).sorted()
            let usual = times.isEmpty ? .zero : times[times.count * 95 / 100]
            print(
                "crash points: \(all.count) tried, \(residues.count) residues; guardian done after the harness's death:",
                "median \(all[all.count / 2]), most \(all.last ?? .zero);",
                "most without a database to start \(slowest?.time ?? .zero) at \(slowest?.point ?? "none"), of",
                "\(quick.count); with one \(starting.map(\.time).max() ?? .zero), of \(starting.count);",
                "not reached: \(missed)")
            #expect(residues == [])
            // Around the first half every run is the same; the end of a run is a little earlier or later.
            #expect(all.count * 10 >= count * 2 * 9, "\(missed)")
            #expect(all[all.count / 2] <= .seconds(1))
            // One of so many may meet a moment in which the machine stands still.
            #expect(usual <= .seconds(1))
            #expect(slowest?.time ?? .zero <= .seconds(10), "\(slowest?.point ?? "")")
            try finish(victim, cluster, place)
        }

        /// What a killed harness has seen makes a report that says so.
        /// - Returns: what is wrong with it; nil also where it had nothing to say yet.
        private func reportOfInterrupted(_ command: BrinkCommand, _ place: String) throws -> String? {
            let folders = SystemFile.exists("\(place)/out") ? try SystemFile.entries(of: "\(place)/out") : []
            guard let newest = folders.filter({ $0.first == "2" }).max() else { return nil }
            let folder = "\(place)/out/\(newest)"
            guard SystemFile.exists("\(folder)/events.jsonl"), try !SystemFile.read("\(folder)/events.jsonl").isEmpty
            else { return nil }
            let made = try command.run(["report", folder])
            guard made.code == 0 else { return made.all }
            let pages = try ["report.html", "summary.md"].map { try SystemFile.readText("\(folder)/\($0)") }
            return pages.allSatisfy { $0.contains("interrupted") } ? nil : "\(pages[1].prefix(300))"
        }

        @Test func recoverRestoresWhenBothDie() throws {
            let place = try PrivilegedSuite.place()
            let (victim, cluster, command, scenario) = try prepare(place)
            let before = try victim.snapshot()
            var points = 0
            var residues: [String] = []
            let step = Int(ProcessInfo.processInfo.environment["BRINK_STEP"] ?? "") ?? 200
            for milliseconds in stride(from: 0, through: 1400, by: step) {
                let running = try command.start(["run", scenario])
                // Once the harness has moved into its cgroup, the guardian watches and injections follow.
                let control = "/sys/fs/cgroup/brink.slice/control/cgroup.procs"
                while !running.hasEnded, (try? SystemFile.readText(control).isEmpty) ?? true {
                    MonotonicClock.pause(milliseconds: 1)
                }
                MonotonicClock.pause(milliseconds: Int32(milliseconds))
                for pid in try guardians() { kill(pid, SIGKILL) }
                try running.send(.kill)
                _ = try running.wait()
                points += 1
                if let trouble = try reportOfInterrupted(command, place) {
                    residues.append("report at \(milliseconds) ms: \(trouble)")
                }
                let recovery = try command.run(["recover"])
                if recovery.code != 0 { residues.append("recover at \(milliseconds) ms: \(recovery.all)") }
                residues += try compare(before, victim).map { "at \(milliseconds) ms: \($0)" }
                if !waitForDatabase(cluster) { residues.append("at \(milliseconds) ms: the database is down") }
                let verify = try command.run(["verify"])
                if verify.code != 0 { residues.append("verify at \(milliseconds) ms: \(verify.all)") }
            }
            print("both killed: \(points) moments tried, \(residues.count) residues")
            #expect(residues == [])
            try finish(victim, cluster, place)
        }

        /// A harness that no longer moves is killed by its guardian, which then undoes everything.
        @Test func aHungHarnessIsUndone() throws {
            let place = try PrivilegedSuite.place()
            let (victim, cluster, command, scenario) = try prepare(place)
            let before = try victim.snapshot()
            let running = try command.start(["run", scenario], environment: ["BRINK_HEARTBEAT_TIMEOUT": "500ms"])
            while try !running.hasEnded && victim.cgroup.readText("cgroup.freeze") == "0" {
                MonotonicClock.pause(milliseconds: 1)
            }
            try running.send(.stop)
            #expect(try running.wait(seconds: 30).code == 137)
            _ = try settle(cluster)
            #expect(try compare(before, victim) == [])
            #expect(waitForDatabase(cluster))
            try finish(victim, cluster, place)
        }

        /// Faults that stay on until somebody takes them back.
        private func holding(_ victim: Victim, in place: String) throws -> String {
            try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: holding
                targets: {cg: {cgroup: \(victim.cgroup.path)}}
                phases: {baseline: 0s, run: 60s, recovery: 0s}
                faults:
                - {id: high, at: 0s, for: 60s, memory.high: {target: cg, value: 200%}}
                - {id: cpu, at: 0s, for: 60s, cpu.max: {target: cg, quota: 50%}}
                - {id: files, at: 0s, for: 60s, rlimit.nofile: {target: cg, value: 64}}
                - {id: ice, at: 500ms, for: 60s, cgroup.freeze: {target: cg}}
                """, in: place)
        }

        /// Starts a run and waits until its last fault is on.
        private func hold(
            _ victim: Victim, _ command: BrinkCommand, in place: String, environment: [String: String] = [:]
        ) throws -> BrinkCommand.Running {
            let running = try command.start(["run", try holding(victim, in: place)], environment: environment)
            let end = MonotonicClock.now() + .seconds(30)
            while !running.hasEnded, !running.errorsSoFar.contains("fault ice  injected") {
                try #require(MonotonicClock.now() < end, "\(running.errorsSoFar)")
                MonotonicClock.pause(milliseconds: 2)
            }
            return running
        }

        /// Without its guardian a harness could leave something behind, so it stops and takes all back itself.
        @Test func aHarnessWithoutItsGuardianStops() throws {
            let place = try PrivilegedSuite.place()
            let victim = try Victim()
            let command = BrinkCommand(in: place)
            let before = try victim.snapshot()
            let running = try hold(victim, command, in: place)
            #expect(try !compare(before, victim).isEmpty)
            for pid in try guardians() { kill(pid, SIGKILL) }
            let result = try running.wait(seconds: 30)
            #expect(result.code == 70, "\(result.all)")
            #expect(result.all.contains("the guardian is gone, so the run was stopped"), "\(result.all)")
            #expect(try compare(before, victim) == [])
            #expect(try command.run(["verify"]).code == 0)
            try victim.remove()
            try SystemFile.removeTree(place)
        }

        /// A harness that lives on and never ends is killed at its deadline.
        @Test func aRunPastItsDeadlineIsUndone() throws {
            let place = try PrivilegedSuite.place()
            let victim = try Victim()
            let command = BrinkCommand(in: place)
            let before = try victim.snapshot()
            let running = try hold(victim, command, in: place, environment: ["BRINK_GUARDIAN_DEADLINE": "6s"])
            let result = try running.wait(seconds: 30)
            #expect(result.code == 137, "\(result.all)")
            #expect(result.all.contains("run passed its deadline"), "\(result.all)")
            for pid in try guardians() {
                guard let identity = try? ProcessTable().identity(of: pid) else { continue }
                let hasEnded = try ProcessHandle(opening: identity).hasEnded(within: 10_000)
                #expect(hasEnded)
            }
            #expect(try compare(before, victim) == [])
            #expect(try command.run(["verify"]).code == 0)
            try victim.remove()
            try SystemFile.removeTree(place)
        }

        /// Whoever starts the next run need not know that the last one died with its guardian.
        @Test func theNextRunUndoesWhatALastOneLeft() throws {
            let place = try PrivilegedSuite.place()
            let victim = try Victim()
            let command = BrinkCommand(in: place)
            let before = try victim.snapshot()
            let running = try hold(victim, command, in: place)
            // Neither may notice the other's death.
            try running.send(.stop)
            for pid in try guardians() { kill(pid, SIGKILL) }
            try running.send(.kill)
            #expect(try running.wait().code == 137)
            #expect(try !compare(before, victim).isEmpty)
            #expect(try command.run(["verify"]).code == 10)
            let next = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: next
                targets: {cg: {cgroup: \(victim.cgroup.path)}}
                phases: {baseline: 0s, run: 1s, recovery: 0s}
                faults: [{id: ice, at: 0s, for: 500ms, cgroup.freeze: {target: cg}}]
                """, in: place)
            let result = try command.run(["run", next])
            #expect(result.code == 0, "\(result.all)")
            #expect(try compare(before, victim) == [])
            #expect(try command.run(["verify"]).code == 0)
            for name in try journals(command) { #expect(try Journal(path: "\(command.state)/\(name)").isClosed) }
            try victim.remove()
            try SystemFile.removeTree(place)
        }

        @Test func controlCUndoesAndSaysSo() throws {
            let place = try PrivilegedSuite.place()
            let (victim, cluster, command, scenario) = try prepare(place)
            let before = try victim.snapshot()
            for (signal, code) in [(Signal.interrupt, Int32(130)), (.terminate, 143)] {
                let running = try command.start(["run", scenario])
                while try !running.hasEnded && victim.cgroup.readText("cgroup.freeze") == "0" {
                    MonotonicClock.pause(milliseconds: 1)
                }
                try running.send(signal)
                let result = try running.wait()
                #expect(result.code == code, "\(result.all)")
                #expect(try compare(before, victim) == [])
                #expect(waitForDatabase(cluster))
            }
            try finish(victim, cluster, place)
        }

        private func finish(_ victim: Victim, _ cluster: ScratchCluster, _ place: String) throws {
            try victim.remove()
            if let server = try? PostgresServer(running: cluster.dataDirectory) {
                try server.stop(.immediate, within: .seconds(10))
            }
            try SystemFile.removeTree(place)
        }
    }
}
