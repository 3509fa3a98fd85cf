import Foundation
import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// The brink finder against a program whose working set is known, and the host after it.
    @Suite(.serialized) struct SqueezeTests {
        private struct Found: Decodable {
            struct Estimate: Decodable {
                let value: Double
                let low: Double
                let high: Double
                let confidence: Double?
            }

            struct Step: Decodable {
                let number: Int
            }

            let outcome: String
            let brink: Estimate?
            let recommended: Double?
            let steps: [Step]
            let seconds: Double
        }

        private struct Traced: Decodable {
            let isSteady: Bool
            let workingSet: Found.Estimate?
            let seconds: Double
        }

        private static let objective = "target.memory.refaults.perSecond < 20"

        private func arguments(_ victim: WorkingSetVictim) -> [String] {
            [
                "squeeze", "cgroup:\(victim.cgroup.path)", "memory", "--slo", Self.objective, "--settle", "1s",
                "--window", "1s", "--format", "json",
            ]
        }

        @Test func theKnownWorkingSetIsFound() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try WorkingSetVictim(used: 96 << 20, cold: 48 << 20)
            let before = try victim.snapshot()
            let truth = try victim.workingSet()
            let command = BrinkCommand(in: place)
            let result = try command.run(arguments(victim))
            #expect(result.code == 0, "\(result.all)")
            #expect(try victim.snapshot() == before)
            #expect(try command.run(["verify"]).code == 0)
            #expect(try command.run(["history"]).output.contains("squeeze:"))
            let found = try JSONDecoder().decode(Found.self, from: Data(result.output.utf8))
            #expect(found.outcome == "found")
            let brink = try #require(found.brink)
            let error = (brink.value - truth) / truth
            print(
                "squeeze: \(Int(brink.value)) bytes, known \(Int(truth)), error \((error * 10000).rounded() / 100) %,",
                "\(found.steps.count) steps, \(Int(found.seconds)) s")
            #expect(abs(error) <= 0.03, "\(result.errors)")
            #expect((brink.confidence ?? 0) >= 0.95)
            #expect((found.recommended ?? 0) > brink.high)
            let folder = try #require(try SystemFile.entries(of: command.out).first)
            for file in ["squeeze.json", "events.jsonl", "result.json"] {
                #expect(SystemFile.exists("\(command.out)/\(folder)/\(file)"), "\(file) is missing")
            }
            let page = try SystemFile.readText("\(command.out)/\(folder)/report.html")
            #expect(page.contains("squeeze-title") && page.contains("class=\"brink\""))
            try victim.remove()
        }

        /// kill -9 while a limit is in force: the guardian takes it back.
        @Test func aDeadHarnessLeavesNoLimit() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try WorkingSetVictim(used: 32 << 20, cold: 16 << 20)
            let before = try victim.snapshot()
            let command = BrinkCommand(in: place)
            let running = try command.start(arguments(victim))
            try waitForLimit(victim, running)
            try running.send(.kill)
            _ = try running.wait()
            let end = MonotonicClock.now() + .seconds(20)
            while try victim.snapshot() != before, MonotonicClock.now() < end { MonotonicClock.pause(milliseconds: 10) }
            #expect(try victim.snapshot() == before)
            #expect(try command.run(["verify"]).code == 0)
            try victim.remove()
        }

        @Test func controlCTakesTheLimitBack() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try WorkingSetVictim(used: 32 << 20, cold: 16 << 20)
            let before = try victim.snapshot()
            let command = BrinkCommand(in: place)
            let running = try command.start(arguments(victim))
            try waitForLimit(victim, running)
            try running.send(.interrupt)
            let result = try running.wait()
            #expect(result.code == 130, "\(result.all)")
            #expect(try victim.snapshot() == before)
            try victim.remove()
        }

        @Test func theTraceFollowsTheWorkingSet() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try WorkingSetVictim(used: 96 << 20, cold: 48 << 20)
            let before = try victim.snapshot()
            let truth = try victim.workingSet()
            let command = BrinkCommand(in: place)
            let result = try command.run([
                "squeeze", "cgroup:\(victim.cgroup.path)", "--trace", "--interval", "1s", "--longest", "2m", "--format",
                "json",
            ])
            #expect(result.code == 0, "\(result.all)")
            #expect(try victim.snapshot() == before)
            #expect(try command.run(["verify"]).code == 0)
            let traced = try JSONDecoder().decode(Traced.self, from: Data(result.output.utf8))
            let estimate = try #require(traced.workingSet)
            let error = (estimate.value - truth) / truth
            print(
                "trace: \(Int(estimate.value)) bytes, known \(Int(truth)), error \((error * 10000).rounded() / 100) %,",
                "\(Int(traced.seconds)) s")
            #expect(traced.isSteady && abs(error) <= 0.1, "\(result.errors)")
            try victim.remove()
        }

        /// A command line that must end with a code.
        struct Refusal: Sendable {
            let code: Int32
            let arguments: [String]

            init(code: Int32, _ arguments: String...) {
                self.code = code
                self.arguments = arguments
            }
        }

        /// What is refused changes nothing, and has no journal either.
        @Test(arguments: [
            Refusal(code: 69, "cgroup:init", "memory", "--slo", "target.cpu.usage < 1"),
            Refusal(code: 69, "cgroup:nowhere", "memory", "--slo", "target.cpu.usage < 1"),
            Refusal(code: 64, "cgroup:x", "memory", "--slo", "latncy.p99 < 50ms"),
            Refusal(code: 64, "cgroup:x", "luck", "--slo", "latency.p99 < 50ms"),
            Refusal(code: 64, "nobody", "memory", "--slo", "latency.p99 < 50ms"),
            Refusal(code: 64, "pid:2", "memory", "--slo", "target.alive > 0"),
            Refusal(code: 64, "cgroup:x", "memory"),
        ])
        func whatMakesNoSenseIsRefused(_ refusal: Refusal) throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let command = BrinkCommand(in: place)
            let result = try command.run(["squeeze"] + refusal.arguments)
            #expect(result.code == refusal.code, "\(result.all)")
            #expect(!SystemFile.exists("/sys/fs/cgroup/brink.slice"))
            #expect(try command.run(["verify"]).code == 0)
        }

        private func waitForLimit(_ victim: WorkingSetVictim, _ running: BrinkCommand.Running) throws {
            let end = MonotonicClock.now() + .seconds(60)
            while try victim.cgroup.readText("memory.high") == "max" {
                try #require(!running.hasEnded && MonotonicClock.now() < end, "\(running.errorsSoFar)")
                MonotonicClock.pause(milliseconds: 5)
            }
        }
    }
}
