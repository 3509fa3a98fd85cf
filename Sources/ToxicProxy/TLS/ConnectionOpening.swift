/// The handshakes on a connection's two sockets, which go on side by side; its streams begin when all are done.
struct ConnectionOpening {
    enum Progress {
        case done
        case waiting
        case failed(reason: String, isServer: Bool)
    }

    var client: TerminatingHandshake?
    var server: OriginatingHandshake?
    private var clientIsDone = false
    private var serverIsDone = false

    init() {}

    /// Goes on as far as the sockets let it.
    /// - Parameter side: the one that is ready; nil for both.
    mutating func proceed(_ side: ConnectionSide? = nil) -> Progress {
        if let server, !serverIsDone, side == nil || side === server.side {
            switch server.proceed() {
            case .done: serverIsDone = true
            case .waiting: break
            case .failed(let reason): return .failed(reason: reason, isServer: true)
            }
        }
        if let client, !clientIsDone, side == nil || side === client.side {
            switch client.proceed() {
            case .done: clientIsDone = true
            case .waiting: break
            case .failed(let reason): return .failed(reason: reason, isServer: false)
            }
        }
        return isDone ? .done : .waiting
    }

    private var serverWaits: Bool { server != nil && !serverIsDone }
    private var isDone: Bool { !serverWaits && (client == nil || clientIsDone) }

    /// Of a connection whose time is up.
    func timeout(_ nanoseconds: Int64) -> (reason: String, isServer: Bool) {
        let peer = (serverWaits ? server?.peer : client?.peer) ?? "nobody"
        let limit = "\(nanoseconds / 1_000_000) ms"
        return (
            "TLS with \(peer) failed: no handshake within \(limit); see that TLS is spoken there, or raise dial_timeout",
            serverWaits
        )
    }
}
