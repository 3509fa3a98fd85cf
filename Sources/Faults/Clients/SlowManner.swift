/// How a slow client speaks HTTP/1.1: correctly, and without ever coming to its end.
struct SlowManner: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        /// The head of the request comes a byte at a time.
        case slowHead = "slow-head"
        /// The head comes at once and announces a body, which comes a byte at a time.
        case slowBody = "slow-body"
        /// Whole requests come one after the other, and no answer is read.
        case unread
    }

    let kind: Kind
    /// From one piece to the next.
    let pace: Duration
    /// What it begins with; a whole request for those that do not read.
    private let beginning: [UInt8]

    init(_ kind: Kind, _ request: ClientRequest, pace: Duration) {
        self.kind = kind
        self.pace = pace
        switch kind {
        case .slowHead:
            // A header that is never over: each of its bytes is one more sign of life.
            beginning = Array((request.opening + "X-Slow: ").utf8)
        case .slowBody:
            beginning = Array(request.head(bodyLength: SlowManner.announced).utf8)
        case .unread:
            beginning = request.bytes
        }
    }

    /// A body that no run is long enough to end.
    private static let announced = 1 << 20

    /// What is said next, after so many bytes.
    func piece(at position: Int) -> ArraySlice<UInt8> {
        switch kind {
        case .slowHead: position < beginning.count ? beginning[position...position] : [UInt8(ascii: "x")]
        case .slowBody: position < beginning.count ? beginning[position...] : [UInt8(ascii: " ")]
        case .unread: beginning[(position % beginning.count)...]
        }
    }
}
