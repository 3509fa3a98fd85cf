import LinuxSystem
import Postgres
import Synchronization

/// A question to a server, asked again and again over a session of its own, of which the newest answer counts.
///
/// The asking runs beside the sampler, since a server in trouble answers late or not.
final class RepeatedQuestion: Sendable {
    private let connection: String
    private let every: Duration
    private let mayAsk: @Sendable () -> Bool
    private let ask: @Sendable (PostgresSession) async throws -> [String: Double]
    private let latest = Mutex<(time: Duration, values: [String: Double])?>(nil)
    private let loop = Mutex<Task<Void, Never>?>(nil)

    /// How old an answer may be to count as the present.
    private static let freshness = Duration.milliseconds(500)

    /// - Parameters:
    ///   - connection: one that does not lead through what is disturbed.
    ///   - every: from one answer to the next question; less than an answer stays fresh.
    ///   - mayAsk: whether to stay; else it leaves, and comes back when it may.
    init(
        _ connection: String, every: Duration, mayAsk: @escaping @Sendable () -> Bool = { true },
        ask: @escaping @Sendable (PostgresSession) async throws -> [String: Double]
    ) {
        self.connection = connection
        self.every = every
        self.mayAsk = mayAsk
        self.ask = ask
    }

    func begin() {
        let task = Task {
            while !Task.isCancelled {
                do {
                    try await self.askRepeatedly()
                } catch {
                    // The server is down: there is no answer until it is back.
                    self.latest.withLock { $0 = nil }
                }
                // A server that starts makes a process for each attempt; asking too often would slow it down.
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
        loop.withLock { $0 = task }
    }

    /// Stops asking and closes the session.
    func end() async {
        let task = loop.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    /// The newest answer; none when it is old.
    func read(into values: inout [String: Double]) {
        guard let latest = latest.withLock({ $0 }), MonotonicClock.now() - latest.time < RepeatedQuestion.freshness
        else { return }
        values.merge(latest.values) { _, new in new }
    }

    private func askRepeatedly() async throws {
        let options = PostgresSessionOptions(
            connectTimeout: .seconds(1), statementTimeout: .seconds(1), applicationName: "brink-probe")
        let session = try await PostgresSession.connect(connection, options: options)
        defer { session.close() }
        while !Task.isCancelled, mayAsk() {
            let values = try await ask(session)
            let reading = (time: MonotonicClock.now(), values: values)
            latest.withLock { $0 = reading }
            try await Task.sleep(for: every)
        }
    }
}
