/// Draws what a load sends, one arrival after the other. The same seed gives the same requests.
public protocol ArrivalSource: Sendable {
    mutating func next() -> Arrival
}

/// One request of the load, ready to be sent.
public struct Arrival: Sendable {
    /// Of a write, entered in the ledger before it is sent; nil for a read.
    let key: String?
    let send: @Sendable () async -> (RequestOutcome, WriteOutcome)
}

/// The reference service's own requests, drawn from a mix.
struct MixedArrivals: ArrivalSource {
    var mix: RequestMix
    let transport: any LoadTransport

    mutating func next() -> Arrival {
        let request = mix.next()
        var key: String?
        if case .order(let own, _, _) = request { key = own }
        return Arrival(key: key) { [transport] in await transport.send(request) }
    }
}
