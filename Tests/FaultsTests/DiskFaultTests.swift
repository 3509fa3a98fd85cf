import Engine
import Faults
import LinuxSystem
@testable import Scenarios
import Testing

/// What disk.delay and disk.flaky accept, and what they take for an effect.
@Suite struct DiskFaultTests {
    private var target: ResolvedTarget {
        var target = ResolvedTarget(id: "db")
        target.volume = MappedVolume(mountPoint: "/x", file: "/x.volume", deviceName: "brink-x", uuid: "BRINK-x")
        return target
    }

    private func fault(_ name: String, _ parameters: [String: ParameterValue]) throws(FaultError) -> any Fault {
        try FaultRegistry.make(
            FaultSpecification(
                id: "f", name: name, target: "db", trigger: .at(.zero), duration: .seconds(1),
                parameters: Parameters(parameters)), on: target)
    }

    private func isSeen(_ fault: any Fault, _ before: Observation, _ now: Observation) -> Bool {
        if case .seen = fault.verify(before: before, now: now) { true } else { false }
    }

    @Test func aDelayIsSeenOnlyWhenBothTakeLongerThanBefore() throws {
        let slow = try fault(
            "disk.delay", ["read": .duration(.milliseconds(20)), "write": .duration(.milliseconds(50))])
        let before = ["read": 1.0, "write": 2]
        #expect(isSeen(slow, before, ["read": 20.5, "write": 53]))
        // A tick less is no less.
        #expect(isSeen(slow, before, ["read": 16.5, "write": 47]))
        #expect(!isSeen(slow, before, ["read": 1, "write": 53]))
        #expect(!isSeen(slow, before, ["read": 20.5, "write": 2]))
        #expect(!isSeen(slow, before, ["read": 20.5]))
        // A disk that always was as slow shows nothing.
        #expect(!isSeen(slow, ["read": 30, "write": 60], ["read": 31, "write": 61]))
        let reads = try fault("disk.delay", ["read": .duration(.milliseconds(20))])
        #expect(isSeen(reads, ["read": 1], ["read": 21]))
        #expect(!isSeen(reads, [:], [:]))
    }

    @Test func aFlawIsSeenOnlyWhenItWasNotThereBefore() throws {
        for mode in ["error_reads", "error_writes", "drop_writes"] {
            let flaky = try fault("disk.flaky", ["mode": .text(mode)])
            #expect(isSeen(flaky, ["isBad": 0], ["isBad": 1]))
            #expect(!isSeen(flaky, ["isBad": 0], ["isBad": 0]))
            #expect(!isSeen(flaky, ["isBad": 1], ["isBad": 1]))
            #expect(!isSeen(flaky, [:], ["isBad": 1]))
        }
    }

    @Test(
        arguments: [
            ("disk.delay", [:], "at least one"),
            ("disk.delay", ["read": .duration(.milliseconds(2))], "10ms to 10s"),
            ("disk.delay", ["write": .duration(.seconds(11))], "10ms to 10s"),
            ("disk.flaky", ["mode": .text("drop_writes"), "up": .duration(.milliseconds(1500))], "whole seconds"),
            ("disk.flaky", ["mode": .text("drop_writes"), "down": .duration(.zero)], "1s to 3600s"),
            ("disk.flaky", ["mode": .text("burn")], "mode must be"),
        ] as [(String, [String: ParameterValue], String)])
    func refuses(_ name: String, _ parameters: [String: ParameterValue], _ expected: String) {
        do throws(FaultError) {
            _ = try fault(name, parameters)
            Issue.record("accepted")
        } catch {
            #expect(error.description.contains(expected), "\(error)")
        }
    }

    @Test func onlyAVolumeOfBrinksOwnIsHit() {
        for (name, parameters) in [
            ("disk.delay", ["read": ParameterValue.duration(.milliseconds(20))]),
            ("disk.flaky", ["mode": .text("drop_writes")]),
        ] {
            do throws(FaultError) {
                _ = try FaultRegistry.make(
                    FaultSpecification(
                        id: "f", name: name, target: "db", trigger: .at(.zero), duration: .seconds(1),
                        parameters: Parameters(parameters)), on: ResolvedTarget(id: "db"))
                Issue.record("accepted")
            } catch {
                #expect(error.description.contains("has no volume"), "\(error)")
            }
        }
    }

    @Test func aDeviceThatIsGoneIsNotChanged() async throws {
        let slow = try fault("disk.delay", ["read": .duration(.milliseconds(20))])
        await #expect(throws: (any Error).self) { _ = try await slow.plan() }
    }
}
