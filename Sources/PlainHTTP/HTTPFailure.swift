/// Why there is no answer.
public enum HTTPFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case badURL(String)
    /// Nobody listens: the request was surely not seen.
    case refused(String)
    /// The connection could not be made for another reason; the errno where there is one.
    case unreachable(String, errno: Int32?)
    /// The connection broke after the request was sent, at least in part.
    case disconnected(String)
    case timedOut
    /// The peer does not speak HTTP, or its body is longer than the limit.
    case unacceptable(String)

    public var description: String {
        switch self {
        case .badURL(let text): text
        case .refused(let place): "connect to \(place): refused"
        case .unreachable(let text, _): text
        case .disconnected(let text): "the connection broke: \(text)"
        case .timedOut: "no answer in time"
        case .unacceptable(let text): text
        }
    }
}
