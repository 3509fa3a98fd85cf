import Engine
import LinuxSystem
import NIOCore
import NIOPosix
import Synchronization

/// Stands between a target and its name server: passes questions on, except those for chosen names.
///
/// Its sockets are made in the target's network namespace. What it sends itself carries a mark, by which the rule that
/// leads questions here lets it pass.
final class ResolverStandIn: Sendable {
    /// What happens to a question for one of the names.
    enum Treatment: Hashable, Sendable {
        case fail(DNSQuery.Failure)
        /// No answer at all.
        case swallow
        case delay(Duration)
    }

    /// Nobody else's, most likely; the rule and the sockets agree on it.
    static let mark: UInt32 = 0x6272_696b

    private struct State {
        var channels: [any Channel] = []
        var met = 0
        var passed = 0
    }

    private let names: HostNames
    private let treatment: Treatment
    private let state = Mutex(State())

    init(names: HostNames, treatment: Treatment) {
        self.names = names
        self.treatment = treatment
    }

    /// Questions that were for one of the names, and others.
    var counts: (met: Int, passed: Int) { state.withLock { ($0.met, $0.passed) } }

    /// Begins to answer.
    /// - Returns: the port on loopback of that namespace.
    /// - Throws: when loopback is down there, or the server cannot be reached from it.
    func start(in namespace: NetworkNamespace, before server: NameServer) async throws -> UInt16 {
        let loopback: [UInt8] = server.isIPv6 ? [UInt8](repeating: 0, count: 15) + [1] : [127, 0, 0, 1]
        let (own, upward) = try await Blocking.run {
            try namespace.run { () throws(SystemError) in
                (
                    try UDPSocket.bound(to: loopback),
                    try UDPSocket.connected(to: server.bytes, port: 53, mark: ResolverStandIn.mark)
                )
            }
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let address = try SocketAddress(ipAddress: server.text, port: 53)
        let desk = QuestionDesk(names: names, treatment: treatment, server: address) { [weak self] in self?.count($0) }
        let upwards = try await DatagramBootstrap(group: loop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(QuestionDesk.Answers(desk))
            }
        }.withBoundSocket(upward).get()
        let clients = try await DatagramBootstrap(group: loop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(QuestionDesk.Questions(desk, server: upwards))
            }
        }.withBoundSocket(own.descriptor).get()
        state.withLock { $0.channels = [clients, upwards] }
        return own.port
    }

    func stop() async {
        let channels = state.withLock { state in
            defer { state.channels = [] }
            return state.channels
        }
        // Closed already is as good.
        for channel in channels { try? await channel.close() }
    }

    private func count(_ isMet: Bool) {
        state.withLock { if isMet { $0.met += 1 } else { $0.passed += 1 } }
    }
}
