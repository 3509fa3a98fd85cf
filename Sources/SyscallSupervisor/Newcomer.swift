import LinuxSystem

/// A brink-exec that has connected and is about to put a filter on itself.
final class Newcomer {
    let socket: RecordSocket
    let process: ProcessHandle
    /// After that it is given up.
    let deadline: Duration
    /// The target's name, once it has said it.
    var name: String?

    /// - Throws: when it has ended meanwhile, or is none of root's.
    init(_ socket: consuming RecordSocket, now: Duration) throws(SystemError) {
        let peer = try socket.peer()
        guard peer.user == 0 else {
            throw SystemError(
                "accept", on: "pid \(peer.pid)", .notPermitted, advice: "only root may bring targets")
        }
        process = try ProcessHandle(opening: try ProcessTable().identity(of: peer.pid))
        self.socket = socket
        deadline = now + .seconds(30)
    }
}
