/// The open-loop load on the service: arrivals come at their rate whether or not answers do.
public struct Load: Hashable, Sendable {
    public enum Destination: Hashable, Sendable {
        /// An HTTP endpoint for GraphQL: a URL, or a service of the scenario.
        case http(Endpoint)
        /// PostgreSQL itself, through a service, link or connection string.
        case sql(String)
    }

    public enum Endpoint: Hashable, Sendable {
        case url(String)
        case service(String)

        /// Whether it is a URL at this listener of a proxy, an address and a port.
        func enters(at listener: String) -> Bool {
            guard case .url(let url) = self else { return false }
            return url.hasPrefix("http://\(listener)/")
        }
    }

    /// Names of the mixes of requests that the load generator has.
    public static let mixes = ["default", "reads", "writes", "pages", "hot"]

    public var destination: Destination
    /// Arrivals per second, on average; the gaps between them are exponential.
    public var rate: Double
    /// Name of a mix of requests.
    public var mix: String
    /// The share of requests that write, 0…1.
    public var writes: Double
    /// How long a request may take, counted from the moment it is sent.
    public var timeout: Duration
    /// The most requests in flight at once; an arrival beyond counts as an error `overload`.
    public var maximumInFlight: Int
    /// Those of a profile; nil for the reference service's own.
    public var requests: TargetProfile.Requests?
}
