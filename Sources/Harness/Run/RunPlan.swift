import Cgroups
import Engine
import Faults
import Journal
import LinuxSystem
import Scenarios

/// Says what a run would do, reading the host as it is and changing nothing.
public struct RunPlan: Sendable {
    private let settings: Settings

    public init(settings: Settings) {
        self.settings = settings
    }

    public func lines(for scenario: Scenario) async -> [String] {
        var lines = ["scenario \(scenario.id), seed \(scenario.seed)", ""]
        lines.append(
            "layout: \(HostTree.slice) with its cgroups below \(settings.cgroupRoot); undo: remove what was made")
        for service in scenario.services {
            var files = "its files"
            if case .postgres(let settings) = service.kind, let bytes = settings.volume {
                files = "its volume of \(bytes >> 20) MiB"
            }
            lines.append(
                "start service \(service.id) in \(HostTree.slice)/\(service.cgroup); undo: kill its cgroup, remove \(files)"
            )
        }
        lines.append("")
        for fault in scenario.faults {
            lines.append("\(fault.id): \(fault.name) on \(fault.target), \(fault.schedule)")
            lines += await writes(of: fault, in: scenario).map { "    \($0)" }
        }
        if scenario.faults.isEmpty { lines.append("no faults: nothing is injected") }
        return lines
    }

    private func writes(of fault: FaultSpecification, in scenario: Scenario) async -> [String] {
        guard let target = scenario.targets.first(where: { $0.id == fault.target }),
            let schema = FaultRegistry.schemas.first(where: { $0.name == fault.name })
        else { return [] }
        switch target.kind {
        case .service, .tcpProxy:
            // The target comes into being with the run, so its prior values are read then.
            let values = schema.parameters.compactMap { parameter in
                fault.parameters[parameter.name].map { "\(parameter.name) \($0.text)" }
            }
            return [
                "write: \(fault.name) \(values.joined(separator: ", ")) on \(place(of: target, in: scenario))",
                "undo:  \(schema.undoneBy)",
            ]
        default:
            do {
                let hierarchy = CgroupHierarchy(unchecked: settings.cgroupRoot)
                let table = ProcessTable()
                let own = try table.ownIdentity().pid
                let protection = Protection(table: table, harness: own, companions: [])
                let resolved = try await TargetResolver(
                    hierarchy: hierarchy, protection: protection, seed: scenario.seed
                ).resolve(
                    target, nil)
                return try await FaultRegistry.make(fault, on: resolved).plan().flatMap { change -> [String] in
                    let undo =
                        switch change.undo {
                        case .journaled(let action): action.summary
                        case .inProcess: schema.undoneBy
                        case .nothing: "none: it cannot be taken back"
                        }
                    return ["write: \(change.subject) ← \(change.value) (now \(change.prior))", "undo:  \(undo)"]
                }
            } catch {
                return ["cannot be injected as the host is now: \(error)"]
            }
        }
    }

    private func place(of target: Target, in scenario: Scenario) -> String {
        switch target.kind {
        case .service(let id):
            let cgroup = scenario.services.first { $0.id == id }?.cgroup ?? id
            return "service \(id) in \(settings.cgroupRoot)/\(HostTree.slice)/\(cgroup)"
        case .tcpProxy(let listen, let upstream): return "link \(listen) → \(upstream)"
        default: return target.id
        }
    }
}
