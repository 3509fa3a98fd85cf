import Logging
import NIOCore
import NIOPosix
import PlainHTTP

/// Fetches and keeps the issuer's keys. Keys once fetched stay in use while the issuer cannot be reached.
actor KeyStore {
    private static let maximumDocumentBytes = 1 << 20

    private let url: String
    private let client: PlainHTTPClient
    private let metrics: Metrics
    private let logger: Logger
    private let fetchTimeout: Duration
    private let minimumInterval: Duration
    private let maximumAge: Duration

    private var keys: KeySet?
    private var fetchedAt: ContinuousClock.Instant?
    private var attemptedAt: ContinuousClock.Instant?
    private var fetching: Task<KeySet?, Never>?

    /// - Parameters:
    ///   - minimumInterval: how long to leave the issuer alone after a fetch, whatever tokens come.
    ///   - maximumAge: the age at which keys are fetched again in the background, so that withdrawn ones go away.
    init(
        url: String, client: PlainHTTPClient, metrics: Metrics, logger: Logger, fetchTimeout: Duration = .seconds(2),
        minimumInterval: Duration = .seconds(5), maximumAge: Duration = .seconds(300)
    ) {
        self.url = url
        self.client = client
        self.metrics = metrics
        self.logger = logger
        self.fetchTimeout = fetchTimeout
        self.minimumInterval = minimumInterval
        self.maximumAge = maximumAge
    }

    /// The keys to check a token with, fetched anew when they do not contain the token's key and the issuer was left
    /// alone for long enough.
    ///
    /// - Returns: `nil` when no keys were ever fetched.
    func keys(containing identifier: String) async -> KeySet? {
        if let keys, keys.contains(identifier) {
            if let fetchedAt, fetchedAt.duration(to: .now) > maximumAge { startFetching() }
            return keys
        }
        startFetching()
        if let fetching { return await fetching.value }
        return keys
    }

    private func startFetching() {
        guard fetching == nil else { return }
        if let attemptedAt, attemptedAt.duration(to: .now) < minimumInterval { return }
        attemptedAt = .now
        fetching = Task {
            defer { fetching = nil }
            do {
                keys = try await fetch()
                fetchedAt = .now
                metrics.jwksFetches.increment("ok")
            } catch {
                metrics.jwksFetches.increment("error")
                if error.isOutOfDescriptors { metrics.errors.increment(ErrorCode.tooManyOpenFiles.rawValue) }
                logger.warning("cannot fetch the issuer's keys", metadata: ["url": "\(url)", "error": "\(error)"])
            }
            return keys
        }
    }

    private struct UnexpectedStatus: Error {
        let code: Int
    }

    private func fetch() async throws -> KeySet {
        let (seconds, attoseconds) = fetchTimeout.components
        let timeout = TimeAmount.nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        let answer = try await client.send(.GET, url, limit: Self.maximumDocumentBytes, within: timeout)
        guard answer.status == 200 else { throw UnexpectedStatus(code: answer.status) }
        return try await KeySet(document: Array(answer.body.readableBytesView))
    }
}
