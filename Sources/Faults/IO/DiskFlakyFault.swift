import Engine
import LinuxSystem
import Scenarios

/// A failing device: dm-flakey below the file system of a service.
public struct DiskFlakyFault: FaultKind {
    public static let schema = FaultSchema(
        name: "disk.flaky",
        summary: "Makes reads or writes of a service's volume fail, or lose what is written though fsync succeeds "
            + "(dm-flakey). What PostgreSQL and ext4 make of it lasts: after failed writes ext4 mostly stays read-only "
            + "until the volume goes, after dropped ones it may be corrupt.",
        targets: [.volume],
        parameters: [
            ParameterSchema(
                "mode", .choice(DeviceTable.Flaw.allCases.map(\.rawValue)), required: true,
                "What goes wrong: reads fail, writes fail, or writes succeed and are lost."),
            ParameterSchema("up", .duration, default: "0s", "Whole seconds for which all is well, then it is down."),
            ParameterSchema("down", .duration, default: "1s", "Whole seconds for which it goes wrong, at least one."),
        ],
        requirements: [
            "a PostgreSQL that the scenario starts with `volume`", "kernel modules loop, dm-mod and dm-flakey",
            "for error_reads a dm-flakey that knows it: Linux 6.12 does, 6.1 does not", "mkfs.ext4",
        ],
        verifiedBy:
            "a read or write of the device past the page cache gives EIO, or what was just written is not what is "
            + "read, and none of it did before",
        undoneBy: "putting the linear table back in force; the damage to the scratch file system goes with the run")

    private let volume: MappedVolume
    private let flaw: DeviceTable.Flaw
    private let upSeconds: Int
    private let downSeconds: Int

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        volume = try target.requireVolume(for: specification.name)
        guard let flaw = specification.parameters.text("mode").flatMap({ DeviceTable.Flaw(rawValue: $0) }) else {
            throw FaultError("disk.flaky: mode must be one of \(DeviceTable.Flaw.allCases.map(\.rawValue))")
        }
        self.flaw = flaw
        upSeconds = try DiskFlakyFault.seconds("up", 0, specification)
        downSeconds = try DiskFlakyFault.seconds("down", 1, specification)
    }

    private static func seconds(
        _ name: String, _ least: Int, _ specification: FaultSpecification
    ) throws(FaultError) -> Int {
        let time = specification.parameters.duration(name) ?? .seconds(least)
        guard time.components.attoseconds == 0, (least...3600).contains(Int(time.components.seconds)) else {
            throw FaultError(
                "disk.flaky: \(name) must be of whole seconds, \(least)s to 3600s: the kernel counts no smaller ones")
        }
        return Int(time.components.seconds)
    }

    public func plan() async throws -> [Change] {
        [
            try Change.deviceTable(of: volume, for: DiskFlakyFault.schema.name) {
                [flaw, upSeconds, downSeconds] table in
                table.flaky(flaw, upSeconds: upSeconds, downSeconds: downSeconds)
            }
        ]
    }

    public func observe() async throws -> Observation {
        try await Blocking.run { [volume, flaw] in
            ["isBad": try DiskFlakyFault.isBad(try volume.spareBlock(), flaw) ? 1 : 0]
        }
    }

    /// Asks the device for just what the flaw is about.
    private static func isBad(_ block: DirectBlock, _ flaw: DeviceTable.Flaw) throws(SystemError) -> Bool {
        // Never twice the same, so that what was there before cannot be taken for it.
        let mark = withUnsafeBytes(of: UInt64.random(in: .min ... .max)) { Array($0) }
        let bytes = (0..<DirectBlock.size).map { mark[$0 % mark.count] }
        do throws(SystemError) {
            switch flaw {
            case .errorReads: _ = try block.read()
            case .errorWrites: try block.write(bytes)
            case .dropWrites:
                try block.write(bytes)
                return try block.read() != bytes
            }
            return false
        } catch {
            guard error.errno == .ioError, flaw != .dropWrites else { throw error }
            return true
        }
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard before["isBad"] == 0 else { return .notYet("the device did so before the fault already") }
        guard now["isBad"] == 1 else { return .notYet("the device still does as it should") }
        return switch flaw {
        case .errorReads: .seen("a read of the device gives EIO")
        case .errorWrites: .seen("a write to the device gives EIO")
        case .dropWrites: .seen("a write to the device succeeded and is not there")
        }
    }
}
