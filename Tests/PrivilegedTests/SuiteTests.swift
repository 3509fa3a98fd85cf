import Events
import Foundation
import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// Many scenarios side by side.
    @Suite(.serialized) struct SuiteTests {
        init() throws {
            // For volumes and slow devices, and for packets.
            try PrivilegedSuite.load(
                modules: [
                    "loop", "dm-mod", "dm-delay", "dm-flakey", "ext4", "sch_netem", "sch_ingress", "act_mirred",
                    "cls_flower", "ifb", "veth", "nf_tables",
                ])
        }

        private static let slices = ["brink.slice", "brink1.slice", "brink2.slice"].map { "/sys/fs/cgroup/\($0)" }

        /// The quick part of the catalogue on the healthy service: no false alarm, nothing left.
        @Test func theQuickOnesPass() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let command = BrinkCommand(in: place)
            let result = try command.run(["suite", "run", "--tag", "quick", "--lanes", "2"], seconds: 900)
            // What a busy machine cannot tell is told; a wrong verdict on the healthy service is a false alarm, unless the
            // whole machine stood still meanwhile.
            let lines = result.output.split(separator: "\n")
            let failed = lines.filter { $0.hasPrefix("fail: ") }
            let disturbed = try failed.filter { try Self.stoodStill(String($0), below: command.out) }
            let isSound = [0, 4].contains(result.code) || (result.code == 1 && failed.count == disturbed.count)
            #expect(isSound, "\(result.all.suffix(4000))")
            let unclear = lines.filter { $0.hasPrefix("inconclusive: ") } + disturbed
            #expect(unclear.count <= 2, "\(unclear)")
            for line in lines { print("suite: \(line)") }
            #expect(result.output.contains("residue 0"))
            #expect(try command.run(["verify"]).code == 0)
            #expect(Self.slices.filter { SystemFile.exists($0) } == [])
        }

        /// Whether more than a second lies between two samples of a run, which are taken five times a second.
        /// - Parameter line: `fail: ID: reason`.
        private static func stoodStill(_ line: String, below out: String) throws -> Bool {
            let parts = line.split(separator: ":", maxSplits: 2).map { $0.drop { $0 == " " } }
            let id = try #require(parts.dropFirst().first)
            let suite = try #require(try SystemFile.entries(of: out).first)
            for run in try SystemFile.entries(of: "\(out)/\(suite)/\(id)") {
                let path = "\(out)/\(suite)/\(id)/\(run)/events.jsonl"
                guard SystemFile.exists(path) else { continue }
                let events = try SystemFile.readText(path).split(separator: "\n").map {
                    try JSONDecoder().decode(RunEvent.self, from: Data($0.utf8))
                }
                // Before that the services are started.
                let due = events.firstIndex { if case .fault = $0.kind { true } else { false } } ?? events.endIndex
                let times = events[due...].filter { if case .sample = $0.kind { true } else { false } }.map(\.time)
                if zip(times, times.dropFirst()).contains(where: { $1 - $0 > 1 }) { return true }
            }
            return false
        }

        private static let both = ["suite", "run", "resources.processor", "--lanes", "2"]

        /// Waits until both lanes have injected something.
        private func untilBothInject(_ running: BrinkCommand.Running, in place: String) async throws {
            let end = MonotonicClock.now() + .seconds(120)
            while true {
                let runs = try Self.eventLogs(below: "\(place)/out")
                let injecting = runs.filter { $0.contains("\"state\":\"injected\"") }
                if injecting.count >= 2 { return }
                let hasTime = MonotonicClock.now() < end && !running.hasEnded
                try #require(hasTime, "\(running.errorsSoFar)")
                try await Task.sleep(for: .milliseconds(100))
            }
        }

        private static func eventLogs(below folder: String) throws -> [String] {
            guard SystemFile.exists(folder) else { return [] }
            let suites = try SystemFile.entries(of: folder).map { "\(folder)/\($0)" }
            let scenarios = try suites.flatMap { suite in
                try SystemFile.entries(of: suite).map { "\(suite)/\($0)" }.filter { try SystemFile.isFolder($0) }
            }
            let runs = try scenarios.flatMap { scenario in
                try SystemFile.entries(of: scenario).map { "\(scenario)/\($0)/events.jsonl" }
            }
            return runs.compactMap { try? SystemFile.readText($0) }
        }

        private func untilNothingIsLeft(_ command: BrinkCommand) async throws {
            let end = MonotonicClock.now() + .seconds(60)
            while !Self.slices.allSatisfy({ !SystemFile.exists($0) }) {
                try #require(MonotonicClock.now() < end, "left: \(Self.slices.filter { SystemFile.exists($0) })")
                try await Task.sleep(for: .milliseconds(100))
            }
            let verified = try command.run(["verify"])
            #expect(verified.code == 0, "\(verified.all)")
        }

        /// A lane does not outlive its suite, and takes everything back before it ends.
        @Test func killedInTheMiddleItLeavesNothing() async throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let command = BrinkCommand(in: place)
            let running = try command.start(Self.both)
            try await untilBothInject(running, in: place)
            try running.send(.kill)
            _ = try running.wait()
            try await untilNothingIsLeft(command)
        }

        @Test func askedToEndItEndsItsRuns() async throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let command = BrinkCommand(in: place)
            let running = try command.start(Self.both)
            try await untilBothInject(running, in: place)
            try running.send(.interrupt)
            let result = try running.wait()
            #expect(result.code == 130, "\(result.all)")
            #expect(result.output.contains("2 aborted") && result.output.contains("residue 0"), "\(result.output)")
            try await untilNothingIsLeft(command)
        }

        /// Both lanes have a link on one and the same port, at the same time: each is in a network of its own.
        @Test func eachLaneHasANetworkOfItsOwn() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: port.$(name)
                cases: [{name: first}, {name: second}]
                services: {db: {postgres: {maxConnections: 20}}}
                targets: {link: {tcpProxy: {listen: "127.0.0.1:31975", upstream: db}}}
                load: {sql: {target: link, rate: 5/s, writes: 50%, timeout: 2s}}
                phases: {baseline: 2s, run: 6s, recovery: 10s, untilRecovered: true}
                steadyState: {window: 2s, checks: {errors: "errors.rate < 5%"}}
                faults: [{id: f, at: 1s, for: 2s, toxic.reset_peer: {target: link}}]
                expect: [{id: felt, that: "during(f, errors.rate) > 10%"}]
                """, in: place)
            let command = BrinkCommand(in: place)
            // The very first runs by itself, the other three beside one another.
            // By its path from /tmp, where the suite is started: the runs are started in another folder.
            let result = try command.run(["suite", "run", "..\(path)", "--lanes", "2", "--repeat", "2"], seconds: 200)
            #expect(result.code == 0 && result.output.contains("residue 0"), "\(result.all)")
        }
    }
}
