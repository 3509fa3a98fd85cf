import LinuxSystem
import Testing

@testable import Harness

@Suite struct InterfacePairTests {
    @Test func blocksAreOfFourInTheNetworkForBenchmarks() throws {
        for number in [UInt32.min, 1, 77_777, .max] {
            let block = try InterfacePairMaker.freeBlock(startingAt: number, around: [])
            #expect(block % 4 == 0)
            #expect(["198.18.", "198.19."].contains(String(InterfacePairMaker.text(of: block).prefix(7))))
        }
    }

    @Test func whatIsRoutedAlreadyIsGoneAround() throws {
        let first = try InterfacePairMaker.freeBlock(startingAt: 0, around: [])
        #expect(InterfacePairMaker.text(of: first) == "198.18.0.0")
        let routes = [
            NetworkDevices.Route(device: "eth0", destination: 0, mask: 0),
            NetworkDevices.Route(device: "vpn", destination: first, mask: 0xffff_ff00),
            NetworkDevices.Route(device: "one", destination: first + 258, mask: 0xffff_ffff),
        ]
        let free = try InterfacePairMaker.freeBlock(startingAt: 0, around: routes)
        #expect(InterfacePairMaker.text(of: free) == "198.18.1.4")
        let all = NetworkDevices.Route(device: "vpn", destination: first, mask: 0xfffe_0000)
        #expect(throws: SystemError.self) { try InterfacePairMaker.freeBlock(startingAt: 0, around: [all]) }
    }
}
