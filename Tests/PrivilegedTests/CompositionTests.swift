import Engine
import Faults
import Foundation
import Journal
import LinuxSystem
import Scenarios
import SeededRandom
import Testing

extension PrivilegedSuite {
    /// Many faults at once: whatever the order in which they end, nothing is left.
    @Suite(.serialized) struct CompositionTests {
        private static let faults: [(target: Int, name: String, parameters: [String: ParameterValue])] = [
            // Above what the target uses: below it, even the start of a stressor would be throttled for minutes.
            (0, "memory.high", ["value": .bytes(96 << 20)]),
            (0, "cpu.max", ["quota": .fraction(0.2), "period": .duration(.milliseconds(100))]),
            (0, "rlimit.nofile", ["value": .integer(64)]),
            (0, "memory.balloon", ["size": .bytes(4 << 20)]),
            (0, "cpu.burner", ["share": .fraction(0.1)]),
            (1, "cgroup.stutter", ["period": .duration(.milliseconds(20)), "frozen": .fraction(0.5)]),
            (1, "process.priority", ["nice": .integer(5)]),
            (1, "cpu.idle", [:]),
            (1, "memory.leak", ["rate": .bytes(1 << 20), "limit": .bytes(16 << 20)]),
            (2, "cgroup.freeze", [:]),
            (2, "process.oom_score_adj", ["value": .integer(500)]),
            (2, "process.signal", ["signal": .text("STOP"), "which": .text("all")]),
        ]

        @Test func anyOrderOfUndoLeavesNothing() async throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victims = try ["brink-test", "brink-test-2", "brink-test-3"].map { try Victim($0) }
            let before = try victims.map { try $0.snapshot() }
            let targets = try victims.enumerated().map { number, victim in
                var target = ResolvedTarget(id: "t\(number)")
                target.cgroup = victim.cgroup
                target.cgroupInode = try victim.cgroup.inode()
                return target
            }
            let own = try ProcessTable().ownIdentity()
            let seed: UInt64 = 20_261_123
            // 200 take six minutes in an emulated VM: BRINK_ORDERS=200 for all of them.
            let orders = ProcessInfo.processInfo.environment["BRINK_ORDERS"].flatMap { Int($0) } ?? 40
            var generator = SeededGenerator(seed: seed)
            var residues: [String] = []
            for round in 0..<orders {
                let path = "\(place)/\(round).journal"
                let journal = try JournalWriter.create(path: path, run: "round-\(round)", harness: own)
                let claims = Claims()
                var injections: [Injection] = []
                for (number, entry) in Self.faults.enumerated() {
                    let specification = FaultSpecification(
                        id: "f\(number)", name: entry.name, target: "t\(entry.target)", trigger: .at(.zero),
                        duration: nil, parameters: Parameters(entry.parameters))
                    let fault = try FaultRegistry.make(specification, on: targets[entry.target])
                    let injection = Injection(id: specification.id, fault: fault, journal: journal, claims: claims) {
                        _ in
                    }
                    _ = try await injection.inject(due: MonotonicClock.now())
                    injections.append(injection)
                }
                injections.shuffle(using: &generator)
                for injection in injections {
                    residues += await injection.undo().filter(\.isResidue).map { "round \(round): \($0)" }
                }
                let left = try JournalAudit().residues(of: try Journal(path: path))
                residues += left.map { "round \(round): \($0)" }
                for (number, victim) in victims.enumerated() {
                    let after = try victim.snapshot()
                    for key in Set(after.keys).union(before[number].keys) where after[key] != before[number][key] {
                        residues.append("round \(round): \(key) of target \(number)")
                    }
                }
                if residues.count > 20 { break }
            }
            print(
                "composition: \(orders) orders of \(Self.faults.count) faults, seed \(seed), \(residues.count) residues"
            )
            #expect(residues == [])
            for victim in victims { try victim.remove() }
        }
    }
}
