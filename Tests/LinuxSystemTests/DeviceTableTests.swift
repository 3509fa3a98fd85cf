@testable import LinuxSystem
import Testing

/// The kernel's own words for what a device does.
@Suite struct DeviceTableTests {
    private let linear = DeviceTable(linear: BlockDevice(number: 0x700), sectors: 1_050_624)

    @Test func devicesAreNamedByNumber() {
        #expect(linear.description == "0 1050624 linear 7:0 0")
        #expect(linear.bytes == 537_919_488)
        // As glibc packs a large minor number.
        #expect(DeviceTable(linear: BlockDevice(number: 0x1007_02), sectors: 8).parameters == "7:258 0")
    }

    @Test func slowAndFlakyTablesAreMadeOfALinearOne() {
        #expect(
            linear.delayed(readMilliseconds: 20, writeMilliseconds: 0)?.description
                == "0 1050624 delay 7:0 0 20 7:0 0 0")
        #expect(
            linear.flaky(.errorReads, upSeconds: 0, downSeconds: 1)?.description
                == "0 1050624 flakey 7:0 0 0 1 1 error_reads")
        #expect(linear.flaky(.errorWrites, upSeconds: 5, downSeconds: 2)?.parameters == "7:0 0 5 2 1 error_writes")
        #expect(linear.flaky(.dropWrites, upSeconds: 0, downSeconds: 9)?.parameters == "7:0 0 0 9 1 drop_writes")
    }

    /// What a fault left, or somebody else loaded, is no base for another.
    @Test func nothingIsMadeOfAnyOtherTable() {
        for other in [
            linear.delayed(readMilliseconds: 20, writeMilliseconds: 20),
            linear.flaky(.dropWrites, upSeconds: 0, downSeconds: 1),
            DeviceTable(sectors: 8, type: "linear", parameters: "7:0"),
            DeviceTable(sectors: 8, type: "striped", parameters: "7:0 0"),
        ] {
            #expect(other != nil)
            #expect(other?.delayed(readMilliseconds: 10, writeMilliseconds: 10) == nil)
            #expect(other?.flaky(.errorReads, upSeconds: 0, downSeconds: 1) == nil)
        }
    }

    /// Linux 6.1 ends a flakey table with a space, 6.12 does not.
    @Test func spacesDoNotTellTablesApart() {
        let written = linear.flaky(.dropWrites, upSeconds: 0, downSeconds: 1)
        #expect(
            written == DeviceTable(sectors: 1_050_624, type: "flakey", parameters: " 7:0  0 0 1 1 drop_writes "))
        #expect(written != DeviceTable(sectors: 1_050_624, type: "flakey", parameters: "7:0 0 0 1 1 error_writes"))
    }

    @Test func readsTheMountTable() {
        let mount = FileSystemMount(
            line: "41 28 253:0 / /var/tmp/a\\040b rw,nosuid shared:5 - ext4 /dev/dm-0 rw,stripe=4")
        #expect(mount?.device == "253:0")
        #expect(mount?.folder == "/var/tmp/a b")
        #expect(mount?.isWritable == true)
        #expect(FileSystemMount(line: "41 28 253:0 / /x rw - ext4 /dev/dm-0 ro")?.isWritable == false)
        #expect(FileSystemMount(line: "41 28 253:0 / /x rw") == nil)
        #expect(FileSystemMount(line: "") == nil)
    }
}
