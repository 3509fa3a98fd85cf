import LinuxSystem
import Synchronization

/// One connection of a hoard: a class around the noncopyable socket, so that an array can hold it.
final class HeldConnection: Sendable {
    let connection: TCPSocket.Connection
    private let speech = Mutex(Speech())

    /// How far what it says has come.
    private struct Speech {
        var position = 0
        var total = 0
        var due: Duration?
    }

    init(_ connection: consuming TCPSocket.Connection) { self.connection = connection }

    /// All that was said so far.
    var bytesSent: Int { speech.withLock { $0.total } }

    /// Says what is due by now. What the socket does not take is said later; one that the server has closed says no more.
    func speak(_ manner: SlowManner, _ now: Duration) {
        speech.withLock { speech in
            while speech.due.map({ $0 <= now }) ?? true {
                let piece = manner.piece(at: speech.position)
                guard !piece.isEmpty, let sent = connection.sendWithoutWaiting(piece), sent > 0 else { return }
                speech.position += sent
                speech.total += sent
                speech.due = (speech.due ?? now) + manner.pace
            }
        }
    }
}
