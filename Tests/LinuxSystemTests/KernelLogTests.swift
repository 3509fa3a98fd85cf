import Testing

@testable import LinuxSystem

@Suite struct KernelLogTests {
    @Test func takesTheMessageOutOfARecord() {
        let record = Array("6,339,5140900,-;first; second\n SUBSYSTEM=acpi\n DEVICE=+acpi:x\n".utf8)
        #expect(KernelLog.message(in: record[...]) == "first; second")
        #expect(KernelLog.message(in: Array("no record".utf8)[...]) == nil)
        #expect(KernelLog.message(in: Array("4,1,2,-;".utf8)[...]) == "")
    }

    @Test func saysWhyItCannotBeRead() {
        #expect(throws: SystemError.self) { _ = try KernelLog(path: "/nonexistent/kmsg") }
    }
}
