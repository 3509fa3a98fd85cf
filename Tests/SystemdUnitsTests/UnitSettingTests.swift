import LinuxSystem
@testable import SystemdUnits
import Testing

@Suite struct UnitSettingTests {
    @Test(
        arguments: [
            ("memory.high", "8388608", "MemoryHigh", 8_388_608, "50-MemoryHigh.conf"),
            ("memory.max", "max", "MemoryMax", .max, "50-MemoryMax.conf"),
            ("memory.low", "0", "MemoryLow", 0, "50-MemoryLow.conf"),
            ("memory.min", "4096", "MemoryMin", 4096, "50-MemoryMin.conf"),
            ("memory.swap.max", "0", "MemorySwapMax", 0, "50-MemorySwapMax.conf"),
            ("pids.max", "12", "TasksMax", 12, "50-TasksMax.conf"),
            ("cpu.weight", "7", "CPUWeight", 7, "50-CPUWeight.conf"),
            ("cpu.idle", "1", "CPUWeight", 0, "50-CPUWeight.conf"),
            ("io.weight", "default 50", "IOWeight", 50, "50-IOWeight.conf"),
        ] as [(String, String, String, UInt64, String)])
    func aKnobIsAProperty(_ knob: String, _ text: String, _ property: String, _ value: UInt64, _ file: String) throws {
        let setting = UnitSetting(property: property, value: value)
        #expect(try UnitSetting.settings(of: knob, text) == [setting])
        #expect(setting.dropIn == file)
    }

    @Test(
        arguments: [
            ("20000 100000", 200_000, 100_000), ("15000 50000", 300_000, 50_000), ("200000 100000", 2_000_000, 100_000),
            ("2310 33000", 70_000, 33_000), ("max 100000", .max, 100_000),
        ] as [(String, UInt64, UInt64)])
    func cpuTimeIsPerSecond(_ text: String, _ quota: UInt64, _ period: UInt64) throws {
        let settings = try #require(try UnitSetting.settings(of: "cpu.max", text))
        #expect(settings.map(\.property) == ["CPUQuotaPerSecUSec", "CPUQuotaPeriodUSec"])
        #expect(settings.map(\.value) == [quota, period])
        #expect(settings.map(\.dropIn) == ["50-CPUQuota.conf", "50-CPUQuotaPeriodSec.conf"])
    }

    /// A period that is not set is the usual one, so it need not be set.
    @Test func theUsualPeriodIsGiven() {
        let period = { UnitSetting(property: "CPUQuotaPeriodUSec", value: $0) }
        #expect(period(100_000).isGiven(by: .max) && period(100_000).isGiven(by: 100_000))
        #expect(!period(50_000).isGiven(by: .max) && period(50_000).isGiven(by: 50_000))
        #expect(!UnitSetting(property: "MemoryHigh", value: 100_000).isGiven(by: .max))
    }

    /// A drop-in keeps whole percents; what it cannot keep would change with a daemon-reload.
    @Test(arguments: [
        ("cpu.max", "5500 100000"), ("cpu.max", "400 100000"), ("cpu.max", "20000"), ("cpu.max", "x 100000"),
        ("cpu.max", "1000 0"), ("memory.high", "8M"), ("pids.max", ""), ("io.weight", "default x"),
    ])
    func whatSystemdCannotKeepIsRefused(_ knob: String, _ text: String) {
        let error = #expect(throws: SystemError.self) { try UnitSetting.settings(of: knob, text) }
        #expect(error?.description.contains(knob) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ("cgroup.freeze", "1"), ("memory.oom.group", "1"), ("cpu.max.burst", "100"), ("io.max", "8:0 rbps=1"),
        ("io.weight", "8:0 50"),
    ])
    func otherKnobsAreTheKernels(_ knob: String, _ text: String) throws {
        #expect(try UnitSetting.settings(of: knob, text) == nil)
    }
}
