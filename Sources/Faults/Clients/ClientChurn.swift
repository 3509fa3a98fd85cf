import Engine
import LinuxSystem

/// Opens connections at a rate and resets each at once, on a schedule that does not wait for a slow listener to catch up
/// with more than a moment's worth.
actor ClientChurn {
    private var loop: Task<Void, Never>?
    private var listener: ListeningPort?
    private var takenBefore = 0.0
    private var made = 0
    private var refused = 0

    private static let tick = Duration.milliseconds(20)
    /// Longer than a connection on one machine takes, shorter than a SYN's second try.
    private static let patience = Duration.milliseconds(500)

    /// - Throws: when the first connection cannot be made.
    func begin(to listener: ListeningPort, rate: Int, saying request: [UInt8]) async throws {
        self.listener = listener
        takenBefore = try Self.taken(at: listener)
        let outcome = await Self.open(1, to: listener, saying: request)
        guard outcome.made == 1 else {
            throw FaultError("clients.churn: port \(listener.port) takes no connection")
        }
        made = 1
        loop = Task {
            let start = MonotonicClock.now()
            var owed = 1
            while !Task.isCancelled {
                do { try await Task.sleep(for: Self.tick) } catch { return }
                let due = Int((MonotonicClock.now() - start) / .seconds(1) * Double(rate))
                // What a stalled listener has missed is not made up for in one blow.
                let count = min(due - owed, max(1, rate / 10))
                owed = due
                guard count > 0 else { continue }
                let outcome = await Self.open(count, to: listener, saying: request)
                made += outcome.made
                refused += outcome.refused
            }
        }
    }

    func figures() -> Observation {
        var figures: Observation = ["made": Double(made), "refused": Double(refused)]
        // A target that has ended has no counters any more, and took nothing.
        if let listener, let taken = try? Self.taken(at: listener) { figures["taken"] = taken - takenBefore }
        return figures
    }

    func end() async {
        loop?.cancel()
        await loop?.value
        loop = nil
    }

    private static func taken(at listener: ListeningPort) throws -> Double {
        var figures: [String: Double] = [:]
        try NetworkCounters.add(to: &figures, of: "\(listener.pid)")
        return figures["connections taken"] ?? 0
    }

    private static func open(
        _ count: Int, to listener: ListeningPort, saying request: [UInt8]
    ) async -> (made: Int, refused: Int) {
        await Blocking.run {
            guard let namespace = listener.namespace else { return openHere(count, to: listener, saying: request) }
            do throws(SystemError) {
                return try namespace.run { () throws(SystemError) in openHere(count, to: listener, saying: request) }
            } catch {
                return (0, count)
            }
        }
    }

    private static func openHere(
        _ count: Int, to listener: ListeningPort, saying request: [UInt8]
    ) -> (made: Int, refused: Int) {
        var made = 0
        for _ in 0..<count {
            do throws(SystemError) {
                let connection = try TCPSocket.connect(listener.address, listener.port, within: patience)
                if !request.isEmpty { _ = connection.sendWithoutWaiting(request[...]) }
                made += 1
            } catch {
                continue
            }
        }
        return (made, count - made)
    }
}
