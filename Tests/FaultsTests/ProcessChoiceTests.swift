import Engine
import Faults
import Glibc
import LinuxSystem
import Scenarios
import Testing

/// Which process is hit, on a made-up /proc.
@Suite struct ProcessChoiceTests {
    /// A main process with twenty children.
    private final class Tree: Sendable {
        let root = "/tmp/brink-choice-\(getpid())-\(UInt32.random(in: .min ... .max))"

        init() throws {
            try SystemFile.makeFolders("\(root)/sys/kernel/random")
            try SystemFile.replace("\(root)/sys/kernel/random/boot_id", Array("boot\n".utf8))
            for pid in 10...30 { try begin(pid) }
        }

        func begin(_ pid: Int) throws {
            let parent = pid == 10 ? 1 : 10
            try SystemFile.makeFolders("\(root)/\(pid)")
            let line = "\(pid) (app) S \(parent) 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 1 0 \(pid)00 1 1 0\n"
            try SystemFile.replace("\(root)/\(pid)/stat", Array(line.utf8))
        }

        func end(_ pid: Int) throws { try SystemFile.removeTree("\(root)/\(pid)") }

        deinit {
            try? SystemFile.removeTree(root)
        }

        func fault(_ which: String, seed: UInt64 = 1, id: String = "f") throws -> ProcessSignalFault {
            let table = ProcessTable(root: root)
            var target = ResolvedTarget(id: "app", table: table)
            target.process = try table.identity(of: 10)
            target.seed = seed
            let parameters: [String: ParameterValue] = [
                "signal": .text("TERM"), "which": .text(which), "child": .integer(3),
            ]
            let specification = FaultSpecification(
                id: id, name: "process.signal", target: "app", trigger: .at(.zero), duration: nil,
                parameters: Parameters(parameters))
            return try ProcessSignalFault(specification, on: target)
        }

        /// What a fault made anew would hit.
        func chosen(_ which: String, seed: UInt64, fault id: String = "f") async throws -> [String] {
            try await fault(which, seed: seed, id: id).plan().map(\.subject)
        }
    }

    @Test func theSameSeedHitsTheSameProcess() async throws {
        let tree = try Tree()
        var seen: Set<String> = []
        for seed in UInt64(1)...10 {
            let first = try await tree.chosen("random", seed: seed)
            #expect(first.count == 1)
            #expect(try await tree.chosen("random", seed: seed) == first)
            seen.formUnion(first)
        }
        // A seed that chose nothing would pass for one that always chooses alike.
        #expect(seen.count > 1)
    }

    /// Two faults of one scenario do not hit the same process for having the same seed.
    @Test func everyFaultChoosesForItself() async throws {
        let tree = try Tree()
        var seen: Set<String> = []
        for number in 1...10 { seen.formUnion(try await tree.chosen("random", seed: 1, fault: "f\(number)")) }
        #expect(seen.count > 1)
    }

    @Test func theOthersNeedNoSeed() async throws {
        let tree = try Tree()
        #expect(try await tree.chosen("all", seed: 1).count == 21)
        for (which, pid) in [("main", 10), ("child", 13)] {
            let first = try await tree.chosen(which, seed: 1)
            #expect(first.count == 1 && first.allSatisfy { $0.contains("\(pid)") }, "\(first)")
            #expect(try await tree.chosen(which, seed: 2) == first)
        }
    }

    /// A rehearsal looks at them long before they are hit.
    @Test func allAreThoseOfNow() async throws {
        let tree = try Tree()
        let fault = try tree.fault("all")
        #expect(try await fault.plan().count == 21)
        try tree.end(30)
        for pid in [31, 32] { try tree.begin(pid) }
        let subjects = try await fault.plan().map(\.subject)
        #expect(subjects.count == 22)
        #expect(subjects.contains { $0.contains("31") } && !subjects.contains { $0.contains("30") }, "\(subjects)")
    }

    /// Once chosen it is kept, though a choice made anew might be another; another is chosen when it has ended.
    @Test func theOneAtRandomIsKept() async throws {
        let tree = try Tree()
        let fault = try tree.fault("random", seed: 2)
        let first = try await fault.plan().map(\.subject)
        for pid in 31...60 { try tree.begin(pid) }
        #expect(try await fault.plan().map(\.subject) == first)
        for pid in 11...30 { try tree.end(pid) }
        #expect(try await fault.plan().map(\.subject) != first)
    }
}
