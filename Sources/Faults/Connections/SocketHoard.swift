import Engine
import Journal
import LinuxSystem
import Synchronization

/// TCP connections to a listening port that say nothing, or what a slow client says.
final class SocketHoard: ConnectionHoard {
    private let listener: ListeningPort
    private let count: Int
    private let manner: SlowManner?
    private let held = Mutex<[HeldConnection]>([])
    /// Why the last round opened no more.
    private let trouble = Mutex<String?>(nil)

    /// Longer than a SYN is tried twice over: then the listener's queue is full.
    private static let patience = Duration.milliseconds(1500)

    /// - Parameter manner: what each connection says; nil for nothing.
    init(to listener: ListeningPort, count: Int, saying manner: SlowManner? = nil) {
        self.listener = listener
        self.count = count
        self.manner = manner
    }

    func adjust() throws {
        held.withLock { $0.removeAll { $0.connection.isOver } }
        defer { speak() }
        let missing = count - held.withLock { $0.count }
        guard missing > 0 else { return }
        let failure: SystemError?
        if let namespace = listener.namespace {
            failure = try namespace.run { [self] () throws(SystemError) in open(missing) }
        } else {
            failure = open(missing)
        }
        trouble.withLock { $0 = failure?.description }
        if let failure, held.withLock({ $0.isEmpty }) { throw FaultError("no connection: \(failure)") }
    }

    private func speak() {
        guard let manner else { return }
        let now = MonotonicClock.now()
        for connection in held.withLock({ $0 }) { connection.speak(manner, now) }
    }

    private func open(_ missing: Int) -> SystemError? {
        for _ in 0..<missing {
            do throws(SystemError) {
                let held = HeldConnection(
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
        let said = held.withLock { $0.map(\.bytesSent) }
        return [
            "held": Double(ends.count), "accepted": Double(ends.filter { $0.inode != 0 }.count),
            "speaking": Double(said.count { $0 > 0 }), "bytes": Double(said.reduce(0, +)),
        ]
    }

    func verify(_ now: Observation) -> Verification {
        let held = Int(now["held"] ?? 0)
        guard held >= count else {
            let reason = trouble.withLock { $0 }.map { ": \($0)" } ?? ""
            return .notYet("\(held) of \(count) connections are established\(reason)")
        }
        let speaking = Int(now["speaking"] ?? 0)
        guard manner == nil || speaking >= count else {
            return .notYet("\(speaking) of \(count) connections have said something")
        }
        let accepted = "\(Int(now["accepted"] ?? 0)) of them accepted"
        let said = manner == nil ? "" : ", \(Int(now["bytes"] ?? 0)) bytes said on them"
        return .seen("\(held) connections are established on port \(listener.port), \(accepted)\(said)")
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
