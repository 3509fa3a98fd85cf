import Engine
import Testing

@testable import Faults

@Suite struct PortStretchTests {
    @Test(
        arguments: [
            ("", [], ""), ("8080", [8080], "8080"), ("1-3,9", [1, 2, 3, 9], "1-3,9"),
            ("9,2,1", [1, 2, 9], "1-2,9"), ("65535", [65535], "65535"),
        ] as [(String, Set<UInt16>, String)])
    func listsAreAsTheKernelWritesThem(_ text: String, _ ports: Set<UInt16>, _ shown: String) {
        let set = PortSet(text)
        #expect(set?.ports == ports)
        #expect(set?.text == shown)
    }

    @Test(arguments: ["x", "1-", "3-1", "1-2-3", "70000"])
    func whatIsNoListIsToldApart(_ text: String) {
        #expect(PortSet(text) == nil)
    }

    /// A range of one port cannot be emptied but by reserving it, and of an odd number connect(2) tries one less.
    @Test(
        arguments: [
            (0, 60999...60999, [60999]), (1, 60999...60999, []), (2, 60998...60999, []), (3, 60996...60999, [60996]),
            (4, 60996...60999, []),
        ] as [(Int, ClosedRange<UInt16>, [UInt16])])
    func leavesJustSoMany(_ free: Int, _ range: ClosedRange<UInt16>, _ reserved: [UInt16]) throws {
        let stretch = try PortStretch(free: free, within: 32768...60999, taken: [])
        #expect(stretch.range == range)
        #expect(stretch.reserved == reserved)
        #expect(stretch.rangeText == "\(range.lowerBound)\t\(range.upperBound)\n")
    }

    @Test func goesAroundPortsInUse() throws {
        let stretch = try PortStretch(free: 4, within: 100...200, taken: [199, 195, 194])
        #expect(stretch.range == 190...193)
        #expect(throws: FaultError.self) { try PortStretch(free: 4, within: 100...104, taken: [102]) }
        #expect(throws: FaultError.self) { try PortStretch(free: 4, within: 65533...65535, taken: []) }
        #expect(try PortStretch(free: 2, within: 1...2, taken: []).range == 1...2)
    }
}
