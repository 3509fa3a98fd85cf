import Engine
import Journal
import LinuxSystem
import Synchronization

/// Bare TCP connections to a listening port that say nothing.
final class SocketHoard: ConnectionHoard {
    private let listener: ListeningPort
    private let count: Int
    private let held = Mutex<[Held]>([])
    /// Why the last round opened no more.
    private let trouble = Mutex<String?>(nil)

    /// A class around the noncopyable connection, so that an array can hold it.
    private final class Held: Sendable {
        let connection: TCPSocket.Connection
        init(_ connection: consuming TCPSocket.Connection) { self.connection = connection }
    }

    /// Longer than a SYN is tried twice over: then the listener's queue is full.
    private static let patience = Duration.milliseconds(1500)

    init(to listener: ListeningPort, count: Int) {
        self.listener = listener
        self.count = count
    }

    func adjust() throws {
        held.withLock { $0.removeAll { $0.connection.isOver } }
        let missing = count - held.withLock { $0.count }
        guard missing > 0 else { return }
        let failure: SystemError?
        if let namespace = listener.namespace {
            failure = try namespace.run { [self] () throws(SystemError) in open(missing) }
        } else {
            failure = open(missing)
        }
        trouble.withLock { $0 = failure?.description }
        if let failure, held.withLock({ $0.isEmpty }) { throw FaultError("connections.hoard: \(failure)") }
    }

    private func open(_ missing: Int) -> SystemError? {
        for _ in 0..<missing {
            do throws(SystemError) {
                let held = Held(
                    try TCPSocket.connect(listener.address, listener.port, within: SocketHoard.patience))
                self.held.withLock { $0.append(held) }
            } catch {
                return error
            }
        }
        return nil
    }

    /// The server's ends, as its namespace lists them.
    private func servedEnds(of ports: Set<UInt16>) throws(SystemError) -> [TCPSocketTable.Entry] {
        try TCPSocketTable(of: listener.pid).entries.filter {
            $0.localPort == listener.port && ports.contains($0.remotePort)
        }
    }

    private var ports: Set<UInt16> { Set(held.withLock { $0.map { $0.connection.ownPort } }) }

    func observe() throws -> Observation {
        let ends = try servedEnds(of: ports).filter { $0.state == .established }
        // A socket that no process has accepted yet has no inode.
        return ["held": Double(ends.count), "accepted": Double(ends.filter { $0.inode != 0 }.count)]
    }

    func verify(_ now: Observation) -> Verification {
        let held = Int(now["held"] ?? 0)
        guard held >= count else {
            let reason = trouble.withLock { $0 }.map { ": \($0)" } ?? ""
            return .notYet("\(held) of \(count) connections are established\(reason)")
        }
        return .seen(
            "\(held) connections are established on port \(listener.port), \(Int(now["accepted"] ?? 0)) of them accepted"
        )
    }

    func release() -> UndoOutcome {
        let ports = ports
        guard !ports.isEmpty else { return .alreadyRestored }
        held.withLock { $0 = [] }
        let end = MonotonicClock.now() + .seconds(5)
        do throws(SystemError) {
            while true {
                let left = try servedEnds(of: ports).filter { $0.state == .established }.count
                if left == 0 { return .restored }
                guard MonotonicClock.now() < end else {
                    return .failed("port \(listener.port) still shows \(left) of the connections 5 s after their reset")
                }
                MonotonicClock.pause(milliseconds: 5)
            }
        } catch {
            // With the last process of the target its connections ended too.
            return .targetGone("\(error)")
        }
    }
}
