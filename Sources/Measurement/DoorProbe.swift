import Dispatch
import Events
import LinuxSystem
import Postgres
import Synchronization

/// Stands at a server's door: notes when it no longer takes new connections, what one meets then, and how clients come
/// back.
///
/// While all is well it keeps one idle session, whose end it sees at once, and knocks once a second, for a server that
/// hangs ends nothing. That costs the server next to nothing; only while the door is shut does it knock often.
public final class DoorProbe: Sendable {
    private struct State {
        var outages: [Outage] = []
        /// Clients' sessions when all was well.
        var usual = 0
    }

    private let target: String
    private let connection: String
    private let server: PostgresServer?
    private let start: Duration
    private let state = Mutex(State())
    private let isEnding = Mutex(false)
    private let loop = Mutex<Task<Void, Never>?>(nil)
    private let queue = DispatchQueue(label: "brink.door")

    /// A busy machine takes its time; what takes longer than this hangs.
    private static let knockLimit = Duration.seconds(2)
    private static let knockPause: Int32 = 30
    private static let pauseWhenFull: Int32 = 500
    /// How long clients are watched as they come back.
    private static let storm = Duration.seconds(5)
    /// A crash loop has no end; a run does.
    private static let limit = 1000

    /// - Parameters:
    ///   - connection: of an ordinary role, past everything that is disturbed between client and server.
    ///   - server: whose processes are counted as clients come back; nil leaves that out.
    ///   - start: the run's zero on the monotonic clock.
    public init(target: String, connection: String, server: PostgresServer?, start: Duration) {
        self.target = target
        self.connection = connection
        self.server = server
        self.start = start
    }

    public func begin() {
        let task = Task {
            await withCheckedContinuation { continuation in
                // It blocks in polls and connects, which is nothing for a thread of Swift's own few.
                queue.async {
                    self.watch()
                    continuation.resume()
                }
            }
        }
        loop.withLock { $0 = task }
    }

    /// Stops, and gives what it saw.
    public func end() async -> [Outage] {
        isEnding.withLock { $0 = true }
        let task = loop.withLock { $0 }
        await task?.value
        return state.withLock { $0.outages }
    }

    private var goesOn: Bool { !isEnding.withLock { $0 } }
    private var now: Double { (MonotonicClock.now() - start) / .seconds(1) }

    // MARK: Watching

    private func watch() {
        while goesOn {
            let held = IdleSessions(connection, applicationName: "brink-door")
            let first = knock(held)
            if first == .accepting {
                stayInside(held)
                held.close(downTo: 0)
                // The door of a server that shuts down in peace closes behind those who leave.
                if goesOn, server?.isStopping() ?? false { _ = waitOutside(from: now, .starting) }
                continue
            }
            guard waitOutside(from: now, first) else { return }
        }
    }

    /// Until the held session ends, or a knock beside it finds the door shut.
    private func stayInside(_ held: IdleSessions) {
        var nextKnock = MonotonicClock.now() + .seconds(1)
        var round = 0
        while goesOn {
            MonotonicClock.pause(milliseconds: 10)
            held.dropEnded()
            round += 1
            // A smart shutdown waits for every session, this one too.
            if held.count == 0 || round % 10 == 0 && server?.isStopping() ?? false { return }
            guard MonotonicClock.now() >= nextKnock else { continue }
            let moment = now
            let other = IdleSessions(connection, applicationName: "brink-door")
            let door = knock(other)
            other.close(downTo: 0)
            guard door == .accepting else {
                held.close(downTo: 0)
                _ = waitOutside(from: moment, door)
                return
            }
            let clients = clients().count
            state.withLock { $0.usual = max(clients, $0.usual / 2) }
            nextKnock = MonotonicClock.now() + .seconds(1)
        }
    }

    /// Knocks until the door opens.
    /// - Returns: false when the probe is to end first.
    private func waitOutside(from beginning: Double, _ first: Outage.Door) -> Bool {
        var stretches = [Outage.Stretch(door: first, start: beginning, end: now)]
        var isOpen = false
        // Whoever was not sent away did not come back either.
        var inside: Set<ProcessIdentity> = []
        while goesOn, !isOpen {
            // Each knock takes a slot for a moment, which those fight for where there are none left.
            let isFull = stretches.last?.door == .full
            MonotonicClock.pause(milliseconds: isFull ? DoorProbe.pauseWhenFull : DoorProbe.knockPause)
            // A server that refuses, ends or has only just begun has no clients that stay.
            let mayHaveClients = [.full, .hanging].contains(stretches.last?.door)
            inside = mayHaveClients ? clients() : []
            let moment = now
            let sessions = IdleSessions(connection, applicationName: "brink-door")
            let door = knock(sessions)
            sessions.close(downTo: 0)
            if let last = stretches.indices.last {
                // What was met holds from the knock that met it on.
                stretches[last].end = moment
                if door == .accepting {
                    isOpen = true
                } else if stretches[last].door != door {
                    stretches.append(Outage.Stretch(door: door, start: moment, end: now))
                }
            }
        }
        var outage = Outage(target: target, stretches: stretches, isOver: isOpen)
        if isOpen { watchReturn(&outage, inside) }
        state.withLock { state in
            if state.outages.count < DoorProbe.limit { state.outages.append(outage) }
        }
        return isOpen
    }

    private func knock(_ sessions: IdleSessions) -> Outage.Door {
        do throws(PostgresError) {
            try sessions.open(within: DoorProbe.knockLimit)
            return .accepting
        } catch {
            switch (error.kind, error.sqlState) {
            case (.connectionRefused, _): return .refusing
            case (_, "57P03"?): return .starting
            case (_, "53300"?): return .full
            case (.timeout, _): return .hanging
            default: return .broken
            }
        }
    }

    // MARK: Clients that come back

    /// Sessions of clients, without Brink's own.
    private func clients() -> Set<ProcessIdentity> {
        guard let server, let found = try? server.processes(in: .backend) else { return [] }
        return Set(found.filter { !ObserverBackends.shared.contains($0.pid) })
    }

    /// - Parameter inside: those that were there when the door was still shut.
    private func watchReturn(_ outage: inout Outage, _ inside: Set<ProcessIdentity>) {
        guard server != nil else { return }
        let usual = state.withLock { $0.usual }
        let beginning = MonotonicClock.now()
        var seen = inside
        var arrivals: [Int] = []
        while goesOn, MonotonicClock.now() - beginning < DoorProbe.storm {
            MonotonicClock.pause(milliseconds: 100)
            let present = clients()
            // The next outage has begun: what follows belongs to it.
            if present.isEmpty, !seen.isEmpty { break }
            arrivals.append(present.subtracting(seen).count)
            seen.formUnion(present)
            if outage.secondsToWhole == nil, usual > 0, present.count >= usual {
                outage.secondsToWhole = (MonotonicClock.now() - beginning) / .seconds(1)
                break
            }
        }
        outage.arrivals = arrivals
    }
}
