import Engine
import Journal
import LinuxSystem
import Scenarios
import SyscallRules

/// Tampers with system calls of a service by seccomp user notification (seccomp_unotify(2)).
///
/// The filter is on the service from its start and stays; the rules are in the guardian, which answers every reported
/// call and lets it be made while no rule is on. The harness's death switches the rules off.
public struct SyscallInjectFault: FaultKind {
    public static let schema = FaultSchema(
        name: "syscall.inject",
        summary: "Makes system calls of a service fail or return a value without being made, or delays them; "
            + "counted for each call and thread, as strace does.",
        targets: [.service],
        parameters: [
            ParameterSchema(
                "rules", .syscallRules, required: true,
                "NAME[,NAME]:error=ERRNO, retval=N or delay_enter=TIME, then :when=FIRST[..LAST][+[STEP]]; further "
                    + "rules after a semicolon, the first that fits decides.")
        ],
        requirements: ["Linux 5.19", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE"],
        verifiedBy: "the guardian's count of calls that it answered so",
        undoneBy: "switching the rules off, which lets waiting calls go on; the harness's death does so too")

    private let target: ResolvedTarget
    private let syscalls: SyscallTarget
    private let id: String
    private let rules: SyscallRules

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        guard let syscalls = target.syscalls else {
            throw FaultError(
                "syscall.inject: \(target.id) was not started by Brink: a filter can only be put on a program before "
                    + "it runs; make it a service of the scenario")
        }
        guard let rules = specification.parameters.syscallRules("rules") else {
            throw FaultError("syscall.inject: rules are missing")
        }
        self.target = target
        self.syscalls = syscalls
        self.rules = rules
        id = specification.id
    }

    public func plan() async throws -> [Change] {
        [
            Change(
                // With the fault's id: several faults may tamper with one service at the same time.
                subject: "system calls of \(target.id), \(id)", prior: "as made", value: rules.description,
                undo: .inProcess { [syscalls, id] in
                    do {
                        try await Blocking.run { try syscalls.control.switchOff(id) }
                        return .restored
                    } catch {
                        return .failed("\(error)")
                    }
                }
            ) { [syscalls, rules, id] in
                try await Blocking.run { try syscalls.control.switchOn(rules, id: id, target: syscalls.name) }
            }
        ]
    }

    public func observe() async throws -> Observation {
        let counts = try await Blocking.run { [syscalls, id] in try syscalls.control.counts(of: id) }
        return ["seen": Double(counts.seen), "injected": Double(counts.injected)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let seen = Int(now["seen"] ?? 0)
        let injected = Int(now["injected"] ?? 0)
        let names = rules.syscalls.map(\.name).joined(separator: ", ")
        if injected > 0 { return .seen("\(injected) of \(seen) calls of \(names) were tampered with") }
        if seen > 0 { return .notYet("\(seen) calls of \(names), but none that `when` names") }
        return .notYet("no call of \(names) was made")
    }
}
