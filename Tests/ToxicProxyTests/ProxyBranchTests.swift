import CLinux
import Glibc
import Testing

@testable import ToxicProxy

@Suite(.timeLimit(.minutes(1))) struct ProxyBranchTests {
    private final class Found: @unchecked Sendable {
        // `@unchecked`: each is of one reactor and only asked whether it is still there.
        weak var branch: ProxyBranch?
    }

    /// A connection that is cut while it dials must not be looked after any more: the branch's alarm would go off for ever.
    @Test func aBranchGoesWithItsProxyThoughItWasDialing() async throws {
        // A full queue: the kernel leaves the third connection without an answer (listen(2)).
        var address = cl_address()
        _ = cl_address_inet(&address, "127.0.0.1", 0)
        let full = cl_stream_listen(&address, 0)
        _ = cl_stream_name(full, &address)
        var descriptors = (0..<3).map { _ in cl_stream_dial(&address) } + [full]
        let proxy = TCPProxy(
            listen: "127.0.0.1:0", upstream: "127.0.0.1:\(cl_address_port(&address))", seed: 1,
            settings: TCPProxy.Settings(dialTimeout: .seconds(2)))
        try await proxy.start()
        let port = await proxy.listen.split(separator: ":").last ?? ""
        _ = cl_address_inet(&address, "127.0.0.1", UInt16(port) ?? 0)
        descriptors += (0..<8).map { _ in cl_stream_dial(&address) }
        let counters = proxy.counters
        var found: [Found] = []
        for reactor in try ReactorGroup.shared() {
            found.append(
                await reactor.perform { reactor in
                    let found = Found()
                    found.branch = reactor.branches.values.first { $0.proxy.counters === counters }
                    return found
                })
        }
        #expect(found.allSatisfy { $0.branch != nil })
        try await Task.sleep(for: .milliseconds(50))
        await proxy.stop()
        #expect(counters.reading.failedDials == 0)
        #expect(await TLSScene.wait { found.allSatisfy { $0.branch == nil } })
        for descriptor in descriptors { _ = close(descriptor) }
    }
}
