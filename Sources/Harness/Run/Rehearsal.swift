import Cgroups
import Engine
import Faults
import LinuxSystem
import Scenarios

/// Plans every fault once before the first is injected, so that one which cannot be is refused while nothing is
/// changed, and not when it is due (promise 6).
struct Rehearsal: Sendable {
    let scenario: Scenario
    let targets: [String: ResolvedTarget]
    /// The faults, made for their targets, by id.
    let faults: [String: any Fault]

    /// - Throws: with exit 69, naming every fault that cannot be injected as the host is.
    func run() async throws(HarnessError) {
        var troubles: [String] = []
        for specification in scenario.faults {
            guard let fault = faults[specification.id], let target = targets[specification.target] else { continue }
            do {
                _ = try await fault.plan()
            } catch {
                guard isLasting(error, target) || comesFirst(specification, target) else { continue }
                troubles.append("fault \(specification.id) cannot be injected: \(error)")
            }
        }
        guard troubles.isEmpty else { throw HarnessError(.preflight, troubles.joined(separator: "; ")) }
    }

    /// Whether no course of the run could mend it: a knob without its controller, or what must not be hit.
    private func isLasting(_ error: any Error, _ target: ResolvedTarget) -> Bool {
        switch error {
        case let error as SystemError:
            if [.notSupported, .notPermitted].contains(error.errno) { return true }
            // systemd switches a unit's controllers on as they are asked for.
            guard error.errno == .noSuchFileOrDirectory, target.unit == nil, let cgroup = target.cgroup else {
                return false
            }
            return error.subject.hasPrefix("\(cgroup.folder)/") && cgroup.exists
        case let error as FaultError: return error.description.hasPrefix("refused: ")
        default: return false
        }
    }

    /// Whether the fault finds its target as it is now: it runs already, and neither load nor another fault comes
    /// before. A server that Brink starts or looks into has sessions later that it has not now.
    private func comesFirst(_ specification: FaultSpecification, _ target: ResolvedTarget) -> Bool {
        guard scenario.load == nil, target.postgres == nil, target.link == nil,
            case .at(let offset) = specification.trigger
        else { return false }
        if case .service? = scenario.targets.first(where: { $0.id == specification.target })?.kind { return false }
        return scenario.faults.allSatisfy { other in
            guard other.id != specification.id else { return true }
            if case .at(let moment) = other.trigger, moment > offset { return true }
            return false
        }
    }
}
