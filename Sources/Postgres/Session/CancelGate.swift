import CLibPQ
import Synchronization

/// Bounds the cancel requests that are under way at once.
///
/// `PQcancel` blocks without a deadline until the server closes its side: with a stopped or unreachable server that
/// is for ever. A few stuck requests are harmless, one per timed-out statement would pile up.
final class CancelGate: Sendable {
    static let shared = CancelGate(limit: 4)

    private let limit: Int
    private let running = Mutex(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Delivers the request, blocking the calling thread. Never call it on a thread of Swift's cooperative pool.
    ///
    /// - Throws: `resourceExhausted` when too many requests are stuck, `connectionFailed` with libpq's reason.
    func deliver(_ request: CancelRequest) throws(PostgresError) {
        let admitted = running.withLock { running in
            guard running < limit else { return false }
            running += 1
            return true
        }
        guard admitted else {
            throw PostgresError(
                kind: .resourceExhausted, message: "\(limit) cancel requests are already waiting for the server")
        }
        defer { running.withLock { $0 -= 1 } }
        try request.send()
    }
}

/// libpq's copy of what is needed to cancel a connection's statement; independent of the connection's life.
final class CancelRequest: @unchecked Sendable {
    // Safe to share: libpq documents PQcancel as thread-safe with regard to the connection, and the object is
    // immutable after its creation.
    private let handle: OpaquePointer

    init?(of connection: OpaquePointer) {
        guard let handle = PQgetCancel(connection) else { return nil }
        self.handle = handle
    }

    deinit {
        PQfreeCancel(handle)
    }

    fileprivate func send() throws(PostgresError) {
        var reason = [CChar](repeating: 0, count: 256)
        guard PQcancel(handle, &reason, Int32(reason.count)) == 1 else {
            let text = String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            throw PostgresError(
                kind: .connectionFailed,
                message: "the cancel request was not delivered: \(LibPQMessage.firstLine(text))")
        }
    }
}
