import NIOCore
import NIOPosix

/// Asks whether anybody listens at an address.
enum Listener {
    static func answers(_ host: String, _ port: Int) async -> Bool {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(.seconds(1))
        guard let channel = try? await bootstrap.connect(host: host, port: port).get() else { return false }
        channel.close(promise: nil)
        return true
    }
}
