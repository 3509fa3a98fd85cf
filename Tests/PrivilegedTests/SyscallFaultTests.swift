import Foundation
import Glibc
import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// System calls that are tampered with: exactly as the rules say while they are on, and not at all afterwards, the
    /// harness's death included.
    @Suite(.serialized) struct SyscallFaultTests {
        /// A program that calls fsync all the time and writes down when and with what result.
        private struct Syncer {
            struct Entry: Hashable {
                let time: Double
                /// 0 or the error's number.
                let result: Int
            }

            private let log: String
            let command: String

            init(in place: String, ignoringTermination: Bool = false) {
                log = "\(place)/calls-\(UInt32.random(in: .min ... .max))"
                let program = [
                    "use IO::Handle; use Time::HiRes qw(clock_gettime sleep CLOCK_MONOTONIC);",
                    ignoringTermination ? "$SIG{TERM} = sub {};" : "",
                    "open(my $l, q(>), $ARGV[0]) or die; open(my $f, q(>), qq($ARGV[0].data)) or die;",
                    "syswrite $l, qq(pid $$\\n);",
                    "while (1) { my $r = $f->sync; my $e = defined $r ? 0 : $! + 0;",
                    "syswrite $l, sprintf(qq(%.6f %d\\n), clock_gettime(CLOCK_MONOTONIC), $e); sleep 0.002; }",
                ].joined(separator: " ")
                command = "{command: {path: /usr/bin/perl, arguments: ['-e', '\(program)', '\(log)']}}"
            }

            private func lines() throws -> [Substring] {
                let bytes = try SystemFile.readIfPresent(log) ?? []
                let text = String(decoding: bytes, as: UTF8.self)
                // The last line may be half written.
                return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            }

            func pid() throws -> Int32? {
                try lines().first.flatMap { Int32($0.dropFirst("pid ".count)) }
            }

            func entries() throws -> [Entry] {
                try lines().dropFirst().map { line in
                    let words = line.split(separator: " ")
                    let time = try #require(words.first.flatMap { Double($0) }, "\(line)")
                    let result = try #require(words.last.flatMap { Int($0) }, "\(line)")
                    return Entry(time: time, result: result)
                }
            }
        }

        private static let noSuchCall = 38
        private static let ioError = 5

        private func scenario(
            _ syncer: Syncer, _ rules: String, for time: String = "2s", run: String = "4s", in place: String
        ) throws -> String {
            try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: calls
                services: {job: \(syncer.command)}
                targets: {job: {service: job}}
                phases: {baseline: 0s, run: \(run), recovery: 0s}
                faults:
                - {id: f, at: 1s, for: \(time), syscall.inject: {target: job, rules: "\(rules)"}}
                """, in: place)
        }

        private func wait(_ what: String, _ condition: () throws -> Bool) throws {
            let end = MonotonicClock.now() + .seconds(60)
            while try !condition() {
                try #require(MonotonicClock.now() < end, "waited for 60 s: \(what)")
                MonotonicClock.pause(milliseconds: 1)
            }
        }

        private func guardians() throws -> Int {
            let table = ProcessTable()
            return try table.pids().count { pid in
                guard let status = try? table.status(of: pid), !status.hasEnded else { return false }
                return status.name == "brink-guardian"
            }
        }

        private func seconds() -> Double { MonotonicClock.now() / .seconds(1) }

        @Test func failsJustTheCallsOfAServiceThatWhenNames() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let syncer = Syncer(in: place)
            let command = BrinkCommand(in: place)
            let result = try command.run(["run", try scenario(syncer, "fsync:error=EIO:when=3+2", in: place)])
            #expect(result.code == 0, "\(result.all)")
            #expect(result.all.contains("calls of fsync were tampered with"), "\(result.all)")
            let results = try syncer.entries().map(\.result)
            let first = try #require(results.firstIndex(of: Self.ioError))
            let last = try #require(results.lastIndex(of: Self.ioError))
            #expect(last - first > 20)
            // Every second call from the third on, and none before and after.
            for (index, result) in results.enumerated() {
                let isHit = (first...last).contains(index) && (index - first) % 2 == 0
                #expect(result == (isHit ? Self.ioError : 0), "call \(index)")
            }
            #expect(results.count - last > 20, "it went on afterwards")
            #expect(try guardians() == 0)
            #expect(try command.run(["verify"]).code == 0)
        }

        /// WAL that is slow to flush, then one that fails to: PostgreSQL crashes on purpose and loses nothing.
        @Test func postgresFeelsItsFlushes() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: flushes
                services: {db: {postgres: {}}}
                targets: {db: {service: db}, link: {tcpProxy: {upstream: db}}}
                load: {sql: {target: link, rate: 6/s, writes: 80%, timeout: 5s}}
                phases: {baseline: 3s, run: 25s, recovery: 30s}
                steadyState: {window: 2s, checks: {answers: "throughput > 1/s"}}
                faults:
                - {id: slow, at: 1s, for: 4s, syscall.inject: {target: db, rules: "fdatasync:delay_enter=60ms"}}
                - {id: broken, at: 8s, for: 3s, syscall.inject: {target: db, rules: "fdatasync:error=EIO:when=5"}}
                - {id: again, at: 14s, postgres.restart: {target: db, mode: fast}}
                # The server that was started anew is under the filter as well.
                - {id: slower, at: 20s, for: 3s, syscall.inject: {target: db, rules: "fdatasync:delay_enter=20ms"}}
                expect: [{id: integrity, that: "ledger.lost == 0"}]
                """, in: place)
            let command = BrinkCommand(in: place)
            let result = try command.run(["run", path])
            #expect(result.code == 0, "\(result.all)")
            let runs = try SystemFile.entries(of: command.out)
            let log = try String(
                decoding: SystemFile.read("\(command.out)/\(try #require(runs.first))/logs/db.log"), as: UTF8.self)
            #expect(log.contains("could not fsync file") || log.contains("could not fdatasync file"), "\(log)")
            #expect(!log.contains("Function not implemented"), "\(log)")
        }

        /// The harness dies with rules on. Its target has been taken out of the tree before, so that it lives on after
        /// the undo: no ENOSYS, no error once the harness is dead, and no hang, not even of a call that was being held.
        @Test(arguments: ["fsync:error=EIO", "fsync:delay_enter=600s", "write:delay_enter=1ms; fsync:retval=0"])
        func theTargetGoesOnWhenTheHarnessDies(_ rules: String) throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let syncer = Syncer(in: place)
            let command = BrinkCommand(in: place)
            let running = try command.start(
                ["run", try scenario(syncer, rules, for: "60s", run: "60s", in: place)])
            try wait("the effect is seen") { running.errorsSoFar.contains("tampered with") || running.hasEnded }
            #expect(!running.hasEnded)
            let pid = try #require(try syncer.pid())
            try SystemFile.writeOnce("/sys/fs/cgroup/cgroup.procs", Array("\(pid)".utf8))
            try running.send(.kill)
            #expect(try running.wait().code == 137)
            let death = seconds()
            try wait("the tree is gone") { !SystemFile.exists("/sys/fs/cgroup/brink.slice") }
            let undone = seconds()
            try wait("the target goes on") { try (syncer.entries().last?.time ?? 0) > undone + 2 }
            let entries = try syncer.entries()
            #expect(!entries.contains { $0.result == Self.noSuchCall })
            // A moment for the end of the line to be noticed; from the last error on there is none.
            let last = entries.lastIndex { $0.result != 0 } ?? -1
            let after = entries[(last + 1)...]
            #expect(after.count > 50)
            #expect(last < 0 || entries[last].time < death + 2, "\(entries[last])")
            #expect(try guardians() == 1)
            // It stands in nobody's way.
            #expect(try command.run(["verify"]).code == 0)
            let other = Syncer(in: place)
            let next = try command.run(["run", try scenario(other, "fsync:error=EIO", in: place)])
            #expect(next.code == 0, "\(next.all)")
            kill(pid, SIGKILL)
            try wait("the guardian ends") { try guardians() == 0 }
        }

        /// Killed where it is: until its end with the tree the target sees nothing but its own results.
        @Test func theTargetGoesOnUntilItIsEndedWithTheTree() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let command = BrinkCommand(in: place)
            var undisturbed = 0
            for _ in 0..<5 {
                let syncer = Syncer(in: place)
                let running = try command.start(
                    ["run", try scenario(syncer, "fsync:error=EIO", for: "60s", run: "60s", in: place)])
                try wait("the effect is seen") { running.errorsSoFar.contains("tampered with") || running.hasEnded }
                try running.send(.kill)
                _ = try running.wait()
                try wait("the guardian ends") { try guardians() == 0 }
                let results = try syncer.entries().map(\.result)
                let last = try #require(results.lastIndex(of: Self.ioError))
                #expect(results[(last + 1)...].allSatisfy { $0 == 0 })
                #expect(!results.contains(Self.noSuchCall))
                undisturbed += results.count - last - 1
                #expect(!SystemFile.exists("/sys/fs/cgroup/brink.slice"))
                #expect(try command.run(["verify"]).code == 0)
            }
            print("calls between the harness's death and the tree's end: \(undisturbed) in 5 runs")
            #expect(undisturbed > 0)
        }

        /// A target that leaves the tree and survives the run's end keeps the guardian, and the run ends all the same.
        @Test func aTargetThatOutlivesTheRunIsNotAbandoned() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let syncer = Syncer(in: place, ignoringTermination: true)
            let command = BrinkCommand(in: place)
            let running = try command.start(["run", try scenario(syncer, "fsync:error=EIO", in: place)])
            try wait("the target runs") { try syncer.pid() != nil || running.hasEnded }
            let pid = try #require(try syncer.pid())
            try SystemFile.writeOnce("/sys/fs/cgroup/cgroup.procs", Array("\(pid)".utf8))
            let result = try running.wait(seconds: 60)
            #expect(result.code == 0, "\(result.all)")
            let end = seconds()
            try wait("the target goes on") { try (syncer.entries().last?.time ?? 0) > end + 1 }
            #expect(try syncer.entries().filter { $0.time > end }.allSatisfy { $0.result == 0 })
            #expect(try guardians() == 1)
            kill(pid, SIGKILL)
            try wait("the guardian ends") { try guardians() == 0 }
        }

        /// A call that does not exist, and a target that Brink does not start, are found before anything runs.
        @Test func mistakesAreFoundBeforeAnythingRuns() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let command = BrinkCommand(in: place)
            let syncer = Syncer(in: place)
            let misspelt = try command.run(["validate", try scenario(syncer, "fsnyc:error=EIO", in: place)])
            #expect(misspelt.code == 65)
            #expect(misspelt.all.contains("did you mean \"fsync\"?"), "\(misspelt.all)")
            let foreign = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: foreign
                targets: {p: {process: \(getpid())}}
                faults: [{id: f, at: 0s, for: 1s, syscall.inject: {target: p, rules: "fsync:error=EIO"}}]
                """, in: place)
            let refused = try command.run(["run", foreign])
            #expect(refused.code == 65)
            #expect(refused.all.contains("only what Brink starts"), "\(refused.all)")
        }
    }
}
