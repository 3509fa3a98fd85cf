import LinuxSystem
import SystemPackage

/// A property of a unit that systemd writes into a knob of the unit's cgroup (systemd.resource-control(5)).
public struct UnitSetting: Hashable, Sendable {
    /// By its D-Bus name.
    public let property: String
    /// `UInt64.max` is no limit.
    public let value: UInt64

    /// The file that systemd keeps the property in, within the unit's folder of drop-ins.
    public var dropIn: String {
        // Files have the names of unit files (dbus-cgroup.c), which differ from those of D-Bus for times.
        switch property {
        case "CPUQuotaPerSecUSec": "50-CPUQuota.conf"
        case "CPUQuotaPeriodUSec": "50-CPUQuotaPeriodSec.conf"
        default: "50-\(property).conf"
        }
    }

    /// Whether the property has the value when it reads so; a period that is not set is one of 100 ms.
    public func isGiven(by current: UInt64) -> Bool {
        if property == "CPUQuotaPeriodUSec", current == .max { return value == UnitSetting.usualPeriod }
        return current == value
    }

    private static let usualPeriod: UInt64 = 100_000

    private static let amounts = [
        "memory.high": "MemoryHigh", "memory.max": "MemoryMax", "memory.low": "MemoryLow", "memory.min": "MemoryMin",
        "memory.swap.max": "MemorySwapMax", "pids.max": "TasksMax", "cpu.weight": "CPUWeight",
    ]

    /// The properties by which systemd gives a knob a value; nil for a knob that systemd leaves alone.
    /// - Parameter text: as the kernel will show it.
    /// - Throws: for a value that systemd cannot give it.
    public static func settings(of knob: String, _ text: String) throws(SystemError) -> [UnitSetting]? {
        if let property = amounts[knob] {
            return [UnitSetting(property: property, value: try number(text, knob))]
        }
        switch knob {
        case "io.weight":
            let common = "default "
            guard text.hasPrefix(common) else { return nil }
            return [UnitSetting(property: "IOWeight", value: try number(String(text.dropFirst(common.count)), knob))]
        case "cpu.idle":
            // A weight of idle is 0 on the bus (systemd 252 and newer).
            return text == "1" ? [UnitSetting(property: "CPUWeight", value: 0)] : nil
        case "cpu.max":
            return try bandwidth(text)
        default:
            return nil
        }
    }

    /// systemd thinks of CPU time per second, whatever the period.
    private static func bandwidth(_ text: String) throws(SystemError) -> [UnitSetting] {
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 2, let period = UInt64(words[1]), period > 0 else { throw unfit(text, "cpu.max") }
        let length = UnitSetting(property: "CPUQuotaPeriodUSec", value: period)
        let quota = try number(words[0], "cpu.max")
        guard quota != .max else { return [UnitSetting(property: "CPUQuotaPerSecUSec", value: .max), length] }
        // A drop-in holds whole percents (dbus-cgroup.c): another quota would be a different one after a daemon-reload.
        let perSecond = (quota * 100 + period / 2) / period * 10_000
        guard perSecond > 0, perSecond * period / 1_000_000 == quota else { throw unfit(text, "cpu.max") }
        return [UnitSetting(property: "CPUQuotaPerSecUSec", value: perSecond), length]
    }

    private static func number(_ text: String, _ knob: String) throws(SystemError) -> UInt64 {
        if text == "max" { return .max }
        guard let value = UInt64(text), value != .max else { throw unfit(text, knob) }
        return value
    }

    private static func unfit(_ text: String, _ knob: String) -> SystemError {
        SystemError(
            "say \"\(text)\" as a property of a unit", on: knob, .invalidArgument,
            advice: "systemd cannot keep this value for a unit exactly; choose a rounder one, such as whole percents")
    }
}
