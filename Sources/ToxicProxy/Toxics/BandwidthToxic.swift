import NIOCore

/// Lets bytes through at a rate, in lumps of at most 4 ms. Rate 0 holds them until the toxic is removed.
public struct BandwidthToxic: Toxic {
    private let bytesPerSecond: Int64
    private var free = NIODeadline.uptimeNanoseconds(0)

    public init(bytesPerSecond: Int64) {
        self.bytesPerSecond = bytesPerSecond
    }

    public mutating func pass(_ piece: StreamPiece) -> ToxicDecision {
        guard bytesPerSecond > 0 else {
            return .pass([StreamPiece(bytes: piece.bytes, release: .distantFuture)])
        }
        let lump = max(1, Int(bytesPerSecond / 250))
        var rest = piece.bytes
        var pieces: [StreamPiece] = []
        while rest.readableBytes > 0, let part = rest.readSlice(length: min(lump, rest.readableBytes)) {
            let start = max(free, piece.release)
            // The last byte of a part leaves once the time for all of it has passed.
            free = start + .nanoseconds(Int64(part.readableBytes) * 1_000_000_000 / bytesPerSecond)
            pieces.append(StreamPiece(bytes: part, release: free))
        }
        return .pass(pieces)
    }
}
