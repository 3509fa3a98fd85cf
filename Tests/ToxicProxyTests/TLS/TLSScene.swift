import CLinux
import TLSFixture
import ToxicProxy

/// A proxy with TLS on one side or both, and a server that the test plays.
struct TLSScene {
    /// On which sides of the proxy TLS is spoken.
    enum Sides: CaseIterable {
        case client, server, both
    }

    let sides: Sides
    let listener: TestListener
    let proxy: TCPProxy
    let port: UInt16
    let certificates: TestCertificates

    init(_ sides: Sides, _ certificates: TestCertificates, _ settings: TCPProxy.Settings? = nil) async throws {
        self.sides = sides
        self.certificates = certificates
        listener = try TestListener()
        proxy = TCPProxy(
            listen: "127.0.0.1:0", upstream: "127.0.0.1:\(listener.port)", seed: 1,
            settings: settings ?? TLSScene.settings(sides, certificates))
        try await proxy.start()
        port = UInt16(await proxy.listen.split(separator: ":").last ?? "0") ?? 0
    }

    static func settings(_ sides: Sides, _ certificates: TestCertificates) -> TCPProxy.Settings {
        var settings = TCPProxy.Settings()
        if sides != .server {
            settings.terminate = TLSServerSettings(
                certificate: certificates.server.certificate, key: certificates.server.key)
        }
        if sides != .client {
            settings.originate = TLSClientSettings(ca: certificates.ca, serverName: TestCertificates.serverName)
        }
        return settings
    }

    /// Both ends of a connection, which speak what the proxy expects of them.
    func ends(
        _ pair: SocketPair, request: [UInt8] = [], answer: [UInt8] = [], version: Int32 = TLSScene.version13
    ) throws -> (client: any TrafficPeer, server: any TrafficPeer) {
        let client: any TrafficPeer =
            sides == .server
            ? TrafficEnd(descriptor: pair.client, sending: request)
            : try TLSEnd(
                .client(ca: certificates.ca, name: TestCertificates.serverName), descriptor: pair.client,
                sending: request, version: version)
        let server: any TrafficPeer =
            sides == .client
            ? TrafficEnd(descriptor: pair.server, sending: answer)
            : try TLSEnd(
                .server(clientCA: nil), descriptor: pair.server, sending: answer, identity: certificates.server,
                version: version)
        return (client, server)
    }

    static let version12: Int32 = 0x0303
    static let version13: Int32 = 0x0304

    func pair() throws -> SocketPair { try SocketPair(to: port, through: listener) }

    var reading: ProxyCounters.Reading { proxy.counters.reading }

    func close() async {
        await proxy.stop()
        listener.close()
    }

    /// Waits for a condition, ten seconds at most, and lets other tests go on.
    static func wait(for condition: () -> Bool) async -> Bool {
        let end = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < end {
            if condition() { return true }
            do { try await Task.sleep(for: .milliseconds(1)) } catch { return false }
        }
        return false
    }
}
