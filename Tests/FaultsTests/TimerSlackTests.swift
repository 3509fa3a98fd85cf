import Engine
import Faults
import LinuxSystem
import Scenarios
import Testing

/// What needs no privilege; the kernel's part is among the privileged tests.
@Suite struct TimerSlackTests {
    private func fault(_ slack: Duration) throws -> TimerSlackFault {
        try TimerSlackFault(
            FaultSpecification(
                id: "f", name: "process.timer_slack", target: "t", trigger: .at(.zero), duration: .seconds(1),
                parameters: Parameters(["slack": .duration(slack)])), on: ResolvedTarget(id: "t"))
    }

    @Test(arguments: [Duration.zero, .nanoseconds(999), .seconds(61)])
    func whatTheKernelWouldTakeForSomethingElseIsRefused(_ slack: Duration) throws {
        #expect(throws: FaultError.self) { _ = try fault(slack) }
    }

    /// A real-time thread has no slack: it is counted apart, and it alone is no effect.
    @Test func threadsThatHaveNoSlackAreNamed() throws {
        let fault = try fault(.milliseconds(50))
        guard case .seen(let text) = fault.verify(before: [:], now: ["tasks": 3, "set": 2, "exempt": 1]) else {
            Issue.record("not seen")
            return
        }
        #expect(text == "timerslack_ns is set for 2 of 3 all threads; left alone: 1")
        let unseen: [Observation] = [
            ["tasks": 3, "set": 1, "exempt": 1], ["tasks": 3, "set": 0, "exempt": 3],
            ["tasks": 0, "set": 0, "exempt": 0],
        ]
        for now in unseen {
            if case .seen(let text) = fault.verify(before: [:], now: now) { Issue.record("\(text)") }
        }
    }
}
