import Engine
import Faults
import Glibc
import Journal
import LinuxSystem
@testable import Scenarios
import Testing

/// Bare connections to a listener of this very process; what needs a cluster or a namespace is among the privileged tests.
@Suite(.serialized) struct ConnectionHoardTests {
    private func target() throws -> ResolvedTarget {
        var target = ResolvedTarget(id: "app")
        target.process = try ProcessTable().ownIdentity()
        return target
    }

    private func specification(_ parameters: [String: ParameterValue]) -> FaultSpecification {
        FaultSpecification(
            id: "f", name: "connections.hoard", target: "app", trigger: .at(.zero), duration: .seconds(1),
            parameters: Parameters(parameters))
    }

    /// A listener on loopback, closed with the value.
    private struct Listener: ~Copyable {
        let descriptor: OwnedDescriptor
        let port: UInt16

        init(backlog: Int32) throws {
            descriptor = OwnedDescriptor(
                owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let number = descriptor.number
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            var length = size
            let outcome = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    bind(number, pointer, size) == 0 && listen(number, backlog) == 0
                        ? getsockname(number, pointer, &length) : -1
                }
            }
            port = UInt16(bigEndian: address.sin_port)
            try #require(outcome == 0)
        }

        /// Takes one that waits.
        func accept() -> Int32 { Glibc.accept(descriptor.number, nil, nil) }
    }

    private func established(on port: UInt16) throws -> Int {
        try TCPSocketTable(of: getpid()).entries.count { $0.localPort == port && $0.state == .established }
    }

    @Test func bareConnectionsAreHeldSeenAndGoneAgain() async throws {
        let listener = try Listener(backlog: 64)
        let fault = try FaultRegistry.make(
            specification(["count": .integer(12), "port": .integer(Int(listener.port))]), on: try target())
        let before = try await fault.observe()
        let changes = try await fault.plan()
        let change = try #require(changes.first)
        #expect(changes.count == 1 && change.value == "12 held")
        #expect(try established(on: listener.port) == 0)
        try await change.apply()
        let accepted = (0..<5).map { _ in listener.accept() }
        let verification = fault.verify(before: before, now: try await fault.observe())
        guard case .seen(let evidence) = verification else {
            Issue.record("\(verification)")
            return
        }
        #expect(evidence.contains("12 connections") && evidence.contains("5 of them accepted"), "\(evidence)")
        #expect(try established(on: listener.port) == 12)
        // One that the server ends is opened again.
        close(accepted[0])
        let end = MonotonicClock.now() + .seconds(5)
        while try await fault.observe()["held"] != 12, MonotonicClock.now() < end {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try established(on: listener.port) == 12)
        guard case .inProcess(let undo) = change.undo else {
            Issue.record("a journal cannot close a socket")
            return
        }
        #expect(await undo() == .restored)
        #expect(try established(on: listener.port) == 0)
        #expect(await undo() == .alreadyRestored)
        for number in accepted.dropFirst() { close(number) }
    }

    /// A listener whose queue is full holds what fits; that is no success.
    @Test func aFullQueueIsNoSuccess() async throws {
        let listener = try Listener(backlog: 2)
        let fault = try FaultRegistry.make(
            specification(["count": .integer(12), "port": .integer(Int(listener.port))]), on: try target())
        let change = try #require(try await fault.plan().first)
        try await change.apply()
        guard case .notYet(let reason) = fault.verify(before: [:], now: try await fault.observe()) else {
            Issue.record("12 connections in a queue of 2")
            return
        }
        #expect(reason.contains("of 12"), "\(reason)")
        guard case .inProcess(let undo) = change.undo else { return }
        #expect(await undo() == .restored)
        #expect(try established(on: listener.port) == 0)
    }

    @Test func aPortThatNobodyListensOnIsAnError() async throws {
        let fault = try FaultRegistry.make(
            specification(["count": .integer(1), "port": .integer(1)]), on: try target())
        let error = await #expect(throws: FaultError.self) { _ = try await fault.plan() }
        #expect(error?.description.contains("listens on no TCP port 1") == true)
    }

    @Test(
        arguments: [
            [:], ["count": .integer(1), "leave": .integer(1)], ["leave": .integer(1)],
            ["count": .integer(1), "evict": .flag(true)], ["count": .integer(1), "session": .text("user=app")],
        ] as [[String: ParameterValue]])
    func whatMakesNoSenseIsRefused(_ parameters: [String: ParameterValue]) throws {
        #expect(throws: FaultError.self) { _ = try FaultRegistry.make(specification(parameters), on: try target()) }
    }
}
