import Cgroups
import Engine
import LinuxSystem
import Scenarios

/// Changes the target's share of a contended device (cgroup-v2.rst, io.weight).
public struct IOWeightFault: FaultKind {
    public static let schema = FaultSchema(
        name: "io.weight", summary: "Changes the target's share of a device when its siblings want it too.",
        targets: [.cgroup],
        parameters: [
            ParameterSchema("value", .integer(1...10000), default: "1", "Against the siblings' weights; 100 is usual."),
            IOPath.parameter,
        ],
        requirements: [
            "io controller", "io.cost.qos enabled for the device: without it the kernel ignores the weight",
        ],
        verifiedBy: "io.weight shows the value while processes of the target run; what it costs shows as io.pressure",
        undoneBy: "writing back the bytes that io.weight held")

    private let cgroup: Cgroup
    private let target: ResolvedTarget
    private let path: String
    private let value: Int

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
        path = try IOPath.find(specification, on: target)
        value = specification.parameters.integer("value") ?? 1
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        let device = try BlockDevice(holding: path)
        let model = "\(cgroup.hierarchy.root)/io.cost.qos"
        let lines = try SystemFile.readIfPresent(model)?.trimmedText ?? ""
        let isEnabled = lines.split(separator: "\n").contains {
            $0.hasPrefix("\(device) ") && $0.contains("enable=1")
        }
        guard isEnabled else {
            throw FaultError(
                "io.weight: \(model) is not enabled for device \(device), so the kernel would ignore the weight; "
                    + "write \"\(device) enable=1\" there first (cgroup-v2.rst, IO Interface Files)")
        }
        // Read whole: lines for single devices stay as they are.
        let lineForAll = try cgroup.readText("io.weight")
        guard !lineForAll.contains("\n") else {
            throw FaultError("io.weight: \(cgroup) has weights for single devices, which Brink does not change")
        }
        return [try .knob("io.weight", of: target, to: "default \(value)")]
    }

    public func observe() async throws -> Observation {
        [
            "set": try cgroup.readText("io.weight") == "default \(value)" ? 1 : 0,
            "populated": try cgroup.isPopulated() ? 1 : 0,
        ]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["populated"] == 1 else { return .notYet("nothing runs in \(cgroup)") }
        return now["set"] == 1 ? .seen("io.weight is \(value)") : .notYet("io.weight is not \(value)")
    }
}
