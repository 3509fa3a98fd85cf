import NIOCore
import NIOHTTP1

/// An answer that was read to its end.
public struct HTTPAnswer: Sendable {
    public let status: Int
    public let headers: HTTPHeaders
    public let body: ByteBuffer
}
