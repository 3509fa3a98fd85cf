import CLinux
import Glibc
import Testing

@testable import ToxicProxy

@Suite(.timeLimit(.minutes(1))) struct ProxyBranchTests {
    /// What a reactor has of a proxy; only looked at on its thread, which is why it is `@unchecked`.
    private final class Share: @unchecked Sendable {
        let reactor: Reactor
        let branch: ProxyBranch?

        init(of counters: ProxyCounters, _ reactor: Reactor) {
            self.reactor = reactor
            branch = reactor.branches.values.first { $0.proxy.counters === counters }
        }

        var dialing: Int {
            get async { await reactor.perform { _ in self.branch?.dialing.count ?? 0 } }
        }
    }

    /// A connection that is cut while it dials must not be looked after any more: once its time was over, the alarm for it
    /// would go off without end.
    @Test func whatIsCutWhileItDialsIsNoLongerLookedAfter() async throws {
        // A full queue: the kernel leaves the third connection without an answer (listen(2)).
        var address = cl_address()
        _ = cl_address_inet(&address, "127.0.0.1", 0)
        let full = cl_stream_listen(&address, 0)
        _ = cl_stream_name(full, &address)
        var descriptors = (0..<3).map { _ in cl_stream_dial(&address) } + [full]
        let proxy = TCPProxy(
            listen: "127.0.0.1:0", upstream: "127.0.0.1:\(cl_address_port(&address))", seed: 1,
            settings: TCPProxy.Settings(dialTimeout: .seconds(60)))
        try await proxy.start()
        let port = await proxy.listen.split(separator: ":").last ?? ""
        _ = cl_address_inet(&address, "127.0.0.1", UInt16(port) ?? 0)
        descriptors += (0..<8).map { _ in cl_stream_dial(&address) }
        let counters = proxy.counters
        var shares: [Share] = []
        for reactor in try ReactorGroup.shared() {
            shares.append(await reactor.perform { Share(of: counters, $0) })
        }
        var dialing = 0
        while dialing < 8 {
            dialing = 0
            for share in shares { dialing += await share.dialing }
        }
        await proxy.stop()
        for share in shares { #expect(await share.dialing == 0) }
        for descriptor in descriptors { _ = close(descriptor) }
    }
}
