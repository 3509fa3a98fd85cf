import Cgroups
import Engine
import Journal
import LinuxSystem
import Scenarios

/// Limits the target's traffic with one block device (cgroup-v2.rst, io.max).
public struct IOMaxFault: FaultKind {
    public static let schema = FaultSchema(
        name: "io.max", summary: "Limits bytes and operations per second between the target and a block device.",
        targets: [.cgroup],
        parameters: [
            IOPath.parameter,
            ParameterSchema("read", .bytes, "Bytes read per second."),
            ParameterSchema("write", .bytes, "Bytes written per second."),
            ParameterSchema("readOps", .integer(1...100_000_000), "Reads per second."),
            ParameterSchema("writeOps", .integer(1...100_000_000), "Writes per second."),
        ],
        requirements: ["io controller", "a path on a block device"],
        verifiedBy: "io.pressure of the target counts 10 ms or more of stalled time, and io.stat bytes on the device",
        undoneBy: "writing back the device's line of io.max, or removing it where there was none")

    private let cgroup: Cgroup
    private let target: ResolvedTarget
    private let path: String
    /// By the kernel's names; nil leaves a limit as it is.
    private let limits: [(name: String, value: UInt64?)]

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cgroup = try target.requireCgroup(for: specification.name)
        self.target = target
        path = try IOPath.find(specification, on: target)
        let parameters = specification.parameters
        limits = [
            ("rbps", parameters.bytes("read")), ("wbps", parameters.bytes("write")),
            ("riops", parameters.integer("readOps").map { UInt64($0) }),
            ("wiops", parameters.integer("writeOps").map { UInt64($0) }),
        ]
        guard limits.contains(where: { $0.value != nil }) else {
            throw FaultError("io.max: give at least one of read, write, readOps and writeOps")
        }
        guard limits.allSatisfy({ $0.value != 0 }) else {
            throw FaultError("io.max: the kernel takes no limit of 0; cgroup.freeze stops a target altogether")
        }
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        let device = try BlockDevice(holding: path)
        var knob = UndoAction.Knob(
            file: cgroup.file("io.max"), key: "\(device)", inode: try cgroup.inode(), prior: [], injected: [])
        knob.prior = try knob.current()
        var inForce: [String: String] = [:]
        for field in knob.prior.trimmedText.split(separator: " ").dropFirst() {
            let pair = field.split(separator: "=").map(String.init)
            if pair.count == 2 { inForce[pair[0]] = pair[1] }
        }
        // In the kernel's own order (blk-throttle.c, tg_prfill_limit), so that it can be compared.
        let fields = limits.map { "\($0.name)=\($0.value.map { String($0) } ?? inForce[$0.name] ?? "max")" }
        let line = "\(device) \(fields.joined(separator: " "))"
        knob.injected = [Array("\(line)\n".utf8)]
        // A line without any limit is not shown at all.
        if knob.prior.isEmpty { knob.restoring = Array("\(device) rbps=max wbps=max riops=max wiops=max".utf8) }
        guard knob.prior != knob.injected[0] else {
            throw FaultError("io.max: \(target.id) has these limits already: the fault would change nothing")
        }
        return [
            Change(
                subject: "\(knob.file) \(device)", prior: knob.prior.isEmpty ? "no limit" : knob.prior.trimmedText,
                value: line, undo: .journaled(.restoreKnob(knob))
            ) { [knob] in
                try await Blocking.run {
                    try SystemFile.writeOnce(knob.file, Array(line.utf8))
                    guard try knob.current() == knob.injected[0] else {
                        throw FaultError(
                            "io.max: wrote \"\(line)\", but the kernel shows \(try knob.current().trimmedText)")
                    }
                }
            }
        ]
    }

    public func observe() async throws -> Observation {
        let device = try BlockDevice(holding: path)
        // A mapped device counts for no cgroup, only for itself: what the others on it move is in that too.
        var bytes = device.isMapped ? try device.bytesMoved() : 0
        for line in try cgroup.readText("io.stat").split(separator: "\n")
        where line.hasPrefix("\(device) ") && !device.isMapped {
            for field in line.split(separator: " ") where field.hasPrefix("rbytes=") || field.hasPrefix("wbytes=") {
                bytes += Double(field.dropFirst(7)) ?? 0
            }
        }
        let stalled = PressureStall(try cgroup.read("io.pressure"))?.some.totalMicroseconds ?? 0
        return ["bytes": bytes, "stalled": Double(stalled)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let bytes = (now["bytes"] ?? 0) - (before["bytes"] ?? 0)
        let stalled = (now["stalled"] ?? 0) - (before["stalled"] ?? 0)
        let text = "\(Int(bytes)) bytes moved and \(Int(stalled)) µs stalled for IO so far"
        return bytes > 0 && stalled >= 10_000 ? .seen(text) : .notYet(text)
    }
}
