/// Why a command got no answer, or was refused.
public enum RedisError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Nobody listens there.
    case refused(String)
    /// No connection could be made for another reason.
    case unreachable(String)
    case timedOut(String)
    case disconnected(String)
    /// What came is no RESP: something else listens there.
    case unintelligible(String)
    /// The server answered with an error, its text as it came.
    case server(String)

    public var description: String {
        switch self {
        case .refused(let place): "Redis at \(place) refused the connection: nobody listens there"
        case .unreachable(let what): "Redis cannot be reached: \(what)"
        case .timedOut(let what): "Redis did not answer in time: \(what)"
        case .disconnected(let what): "the connection to Redis broke: \(what)"
        case .unintelligible(let what): "what answers is no Redis: \(what)"
        case .server(let text): "Redis says: \(text)"
        }
    }

    /// Whether the server answered: then it is there, and only this command was refused.
    public var isReply: Bool {
        if case .server = self { true } else { false }
    }
}
