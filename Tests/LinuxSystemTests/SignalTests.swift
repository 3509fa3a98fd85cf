import Glibc
import LinuxSystem
import Testing

@Suite struct SignalTests {
    @Test func everySignalHasItsName() {
        let plain: [Int32] = Array(1...31)
        let realTime: [Int32] = Array(__libc_current_sigrtmin()...__libc_current_sigrtmax())
        #expect(Signal.allNames.compactMap { Signal(name: $0)?.rawValue } == plain + realTime)
        for name in Signal.allNames { #expect(Signal(name: "sig\(name)")?.description == "SIG\(name)") }
    }

    @Test(
        arguments: [
            ("RTMIN", 34), ("RTMIN+1", 35), ("RTMIN+29", 63), ("RTMAX", 64), ("IO", 29), ("STKFLT", 16),
        ] as [(String, Int32)])
    func numbersAreTheKernels(_ name: String, _ number: Int32) {
        #expect(Signal(name: name)?.rawValue == number)
    }

    @Test(arguments: ["", "SIG", "RTMIN+0", "RTMIN+30", "RTMAX+1", "33"]) func othersAreNone(_ name: String) {
        #expect(Signal(name: name) == nil)
    }
}
