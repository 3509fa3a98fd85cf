import LinuxSystem
import Testing

@Suite struct ToolCallTests {
    @Test func whatIsWrittenToItComesOut() throws {
        let text = Array(repeating: UInt8(ascii: "x"), count: 60_000)
        let result = try ToolCall("/bin/cat", [], input: text).run()
        #expect(result.end == .exited(0))
        #expect(result.output == text)
        #expect(result.errors == [])
        // Without any, its input is at its end rather than open for ever.
        #expect(try ToolCall("/bin/cat", []).run().output == [])
        #expect(throws: SystemError.self) { try ToolCall("/bin/cat", [], input: text + text).run() }
    }

    @Test func aToolThatFailsSaysWhatTheKernelSaid() throws {
        do throws(SystemError) {
            try NetworkTool.ip.run(["link", "show", "dev", "nosuchdevice0"])
            Issue.record("there is no such device")
        } catch {
            #expect(error.description.contains("nosuchdevice0"))
            #expect(error.description.contains("does not exist"))
        }
    }

    @Test func theNamesOfDevicesAreRead() throws {
        #expect(try NetworkDevices.names().contains("lo"))
    }
}
