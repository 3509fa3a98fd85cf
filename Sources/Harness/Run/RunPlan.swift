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
        let hierarchy = CgroupHierarchy(unchecked: settings.cgroupRoot)
        let scratch = "/var/tmp/brink-RUN"
        lines.append("journal: \(settings.stateFolder.path)/RUN.journal; results: \(settings.outFolder)/RUN; both stay")
        lines.append("scratch folder")
        lines += indented([PlannedWrite("make \(scratch)", undo: "remove it with all that is in it")])
        for service in scenario.services {
            for (name, bytes) in service.volumes {
                lines.append("volume of service \(service.id)")
                lines += indented(volume(name, bytes: bytes, in: scratch))
            }
        }
        lines.append("layout: \(settings.slice) below \(settings.cgroupRoot)")
        do {
            lines += indented(
                try TreePlan(hierarchy: hierarchy, services: scenario.services, slice: settings.slice).writes())
        } catch {
            lines.append("    cannot be laid out as the host is now: \(error)")
        }
        for service in scenario.services {
            lines.append("service \(service.id)")
            lines += indented([start(of: service, in: scratch)])
        }
        for target in scenario.targets {
            guard case .tcpProxy(let listen, let upstream) = target.kind else { continue }
            lines.append("link \(target.id)")
            let ownsInterfaces = FaultRegistry.needsInterfaces(target.id, in: scenario)
            if ownsInterfaces {
                lines += indented([
                    PlannedWrite(
                        "make a network namespace for it and a pair of interfaces with addresses of 198.18.0.0/15",
                        undo: "delete the interfaces and the namespace")
                ])
            }
            lines += indented([
                PlannedWrite(
                    "listen on \(ownsInterfaces ? "that address" : listen) and pass on to \(upstream), inside brink itself",
                    undo: "stop listening, close what it passed on")
            ])
        }
        if let load = scenario.load { lines += write(of: load) }
        if let safety = scenario.dataSafety { lines += writes(of: safety) }
        lines.append("")
        for fault in scenario.faults {
            lines.append("\(fault.id): \(fault.name) on \(fault.target), \(fault.schedule)")
            lines += await writes(of: fault, in: scenario).map { "    \($0)" }
        }
        if scenario.faults.isEmpty { lines.append("no faults: nothing is injected") }
        return lines
    }

    private func indented(_ writes: [PlannedWrite]) -> [String] { writes.flatMap(\.lines).map { "    \($0)" } }

    private func volume(_ name: String, bytes: UInt64, in scratch: String) -> [PlannedWrite] {
        let file = "\(scratch)/\(name).volume"
        return [
            PlannedWrite("make \(file) for \(bytes >> 20) MiB of ext4, on a loop device", undo: "detach and remove it"),
            PlannedWrite("map the device brink-RUN-\(name) to it", undo: "remove the mapped device"),
            PlannedWrite("mount that on \(scratch)/\(name)", undo: "unmount it"),
        ]
    }

    private func start(of service: Service, in scratch: String) -> PlannedWrite {
        let cgroup = "\(settings.cgroupRoot)/\(settings.slice)/\(service.cgroup)"
        let files = "\(scratch)/\(service.id)"
        let what =
            switch service.kind {
            case .postgres(let settings):
                settings.standbyOf.map { "a standby of \($0) in \(files)" } ?? "a new PostgreSQL cluster in \(files)"
            case .pgbouncer: "PgBouncer, with its settings in \(files)"
            case .redis: "Redis, with its settings in \(files)"
            case .bookshop(let settings):
                settings.authentication && settings.issuer == nil ? "bookshop and its issuer of tokens" : "bookshop"
            case .issuer: "an issuer of tokens"
            case .application(let settings):
                "\(settings.name): "
                    + ([settings.program.path] + settings.program.arguments).map(\.description).joined(separator: " ")
            case .command(let settings): ([settings.path] + settings.arguments).joined(separator: " ")
            }
        return PlannedWrite(
            "start \(what) in \(cgroup)", undo: "kill what is in that cgroup; its files and its log go with \(scratch)")
    }

    /// What a load of plain SQL writes into the database that it goes to.
    private func write(of load: Load) -> [String] {
        guard case .sql(let reference) = load.destination else { return [] }
        return ["load"]
            + indented([
                PlannedWrite(
                    "the table brink.orders, if it is missing, and rows in it, through \(reference)",
                    undo: "goes with the run's own cluster; in any other they are taken back in the end, and stay if "
                        + "Brink is killed")
            ])
    }

    /// What checks of data write into the database that they check.
    private func writes(of safety: DataSafety) -> [String] {
        var writes: [PlannedWrite] = []
        if [safety.listAppend, safety.bank, safety.phenomena].contains(where: { $0 != nil }) {
            writes.append(
                PlannedWrite(
                    "tables in a schema brink_consistency, through \(safety.through ?? safety.target)",
                    undo: "drop them; if Brink is killed they stay in a database that is not the run's own"))
        }
        if safety.integrity {
            writes.append(
                PlannedWrite(
                    "the extension amcheck in every database of \(safety.target) that lacks it", undo: "roll it back"))
            writes.append(
                PlannedWrite(
                    "a database brink_reload in \(safety.target), restored from a dump of each", undo: "drop it"))
        }
        return writes.isEmpty ? [] : ["checks of data"] + indented(writes)
    }

    /// What is known of a fault on a service that does not run yet: file and value, while the bytes to put back are
    /// read when the fault is injected.
    private func foreseenWrites(
        of fault: FaultSpecification, on target: Target, in scenario: Scenario
    ) -> [PlannedWrite] {
        guard case .service(let id) = target.kind, let service = scenario.services.first(where: { $0.id == id }) else {
            return []
        }
        return FaultRegistry.foresee(fault).map { write in
            let file = "\(settings.cgroupRoot)/\(settings.slice)/\(service.cgroup)/\(write.knob)"
            return PlannedWrite(
                "\(file) ← \(write.value) (once service \(id) runs)", undo: "\(file) ← the bytes that it then holds")
        }
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
            let foreseen = foreseenWrites(of: fault, on: target, in: scenario)
            if !foreseen.isEmpty { return foreseen.flatMap(\.lines) }
            return PlannedWrite(
                ([fault.name] + values).joined(separator: " ") + " on \(place(of: target, in: scenario))",
                undo: schema.undoneBy
            ).lines
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
            return "service \(id) in \(settings.cgroupRoot)/\(settings.slice)/\(cgroup)"
        case .tcpProxy(let listen, let upstream): return "link \(listen) → \(upstream)"
        default: return target.id
        }
    }
}
