import Engine
import LinuxSystem
import Scenarios

/// Lets the kernel wake the target's threads late (PR_SET_TIMERSLACK of prctl(2), proc(5), timerslack_ns).
///
/// Pressure on time without lying about it: the clock is right, and whoever waits with a time limit (nanosleep, poll,
/// epoll_wait, select, a futex) is woken at the next interrupt of its CPU's timer, at the latest after the slack. Neither
/// timerfd nor timer_create have a slack, nor do threads that are scheduled in real time.
public struct TimerSlackFault: FaultKind {
    public static let schema = FaultSchema(
        name: "process.timer_slack",
        summary: "Lets the kernel end the sleeps and time limits of the target's threads late, by up to this much.",
        targets: [.process, .cgroup],
        parameters: [
            ParameterSchema(
                "slack", .duration, default: "50ms",
                "1us…60s; an idle CPU takes all of it, a busy one is interrupted earlier."),
            ThreadChoice.parameter,
        ],
        requirements: ["CAP_SYS_NICE", "threads that are not scheduled in real time: those have no slack"],
        verifiedBy: "/proc/TID/timerslack_ns shows the value for every chosen thread, those made since included",
        undoneBy: "setting each thread's own value, and its maker's on threads made since, for which the fault's value "
            + "stays what PR_SET_TIMERSLACK with 0 goes back to")

    private let change: AttributeChange

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        let slack = specification.parameters.duration("slack") ?? .milliseconds(50)
        // The kernel takes a value of 0 as the wish for the default.
        guard (Duration.microseconds(1)...Duration.seconds(60)).contains(slack) else {
            throw FaultError("\(specification.name): the slack must be from 1us to 60s, not \(slack.short)")
        }
        let value = String(Int64((slack.inSeconds * 1e9).rounded()))
        let choice = try ThreadChoice(specification)
        change = AttributeChange(.timerSlack, of: target, choice) { [table = target.table] thread, prior in
            prior != value && (try? table.isRealTime(thread)) == true ? nil : value
        }
    }

    public func plan() async throws -> [Change] { try change.plan() }

    public func observe() async throws -> Observation { try change.observe() }

    public func verify(before: Observation, now: Observation) -> Verification { change.verify(now: now) }
}
