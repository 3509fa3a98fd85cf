import ToxicProxy

/// A proxy as clients are shown it.
struct ProxyDescription: Encodable {
    let name: String
    let listen: String
    let upstream: String
    let enabled: Bool
    let toxics: [ToxicDescription]
    let dialTimeout: Int64?
    let refuseWhileDown: Bool?
    let `protocol`: String?
    let tls: TLSObject?
    /// Why a connection could not be followed or secured, the last time.
    let refused: String?

    private enum CodingKeys: String, CodingKey {
        case name, listen, upstream, enabled, toxics, `protocol`, tls, refused
        case dialTimeout = "dial_timeout"
        case refuseWhileDown = "refuse_while_down"
    }

    init(_ name: String, _ proxy: TCPProxy) async {
        self.name = name
        listen = await proxy.listen
        upstream = await proxy.upstream
        enabled = await proxy.isRunning
        let toxics = await proxy.toxics
        // As toxiproxy lists them: those of one direction, then those of the other.
        self.toxics = StreamDirection.allCases.flatMap { direction in
            toxics.filter { $0.direction == direction }.map(ToxicDescription.init)
        }
        let settings = await proxy.settings
        let defaults = TCPProxy.Settings()
        dialTimeout =
            settings.dialTimeout == defaults.dialTimeout ? nil : Int64(settings.dialTimeout / .milliseconds(1))
        self.protocol = settings.followsPostgres ? "postgres" : nil
        tls = TLSObject(settings)
        refused = proxy.counters.reading.lastRefusal
        refuseWhileDown = settings.refusesWhileDown ? true : nil
    }
}
