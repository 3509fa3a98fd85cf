import Logging
import NIOCore
import NIOPosix
import PlainHTTP
import Synchronization

/// Fetches and keeps the issuer's keys. Keys once fetched stay in use while the issuer cannot be reached, and while it
/// answers with what is no key set or an empty one.
actor KeyStore {
    private static let maximumDocumentBytes = 1 << 20

    /// What was fetched last.
    private struct Kept: Sendable {
        var keys: KeySet?
        var fetchedAt: ContinuousClock.Instant?
    }

    private let url: String
    private let client: PlainHTTPClient
    private let metrics: Metrics
    private let logger: Logger
    private let fetchTimeout: Duration
    private let minimumInterval: Duration
    private let maximumAge: Duration

    /// Read by every request, which must not wait for a fetch.
    private let kept = Mutex(Kept())
    private var attemptedAt: ContinuousClock.Instant?
    private var fetching: Task<KeySet?, Never>?

    /// - Parameters:
    ///   - minimumInterval: how long to leave the issuer alone after a fetch, whatever tokens come.
    ///   - maximumAge: the age at which keys are fetched again in the background, so that withdrawn ones go away.
    init(
        url: String, client: PlainHTTPClient, metrics: Metrics, logger: Logger, fetchTimeout: Duration = .seconds(2),
        minimumInterval: Duration = .seconds(5), maximumAge: Duration = .seconds(60)
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
        let kept = kept.withLock { $0 }
        if let keys = kept.keys, keys.contains(identifier) {
            refreshIfOld()
            return keys
        }
        startFetching()
        if let fetching { return await fetching.value }
        return kept.keys
    }

    /// Whether the key that a token was checked with is still among the issuer's, as far as is known now.
    nonisolated func holds(_ identifier: String, material: String) -> Bool {
        let (keys, isOld) = kept.withLock { kept in
            (kept.keys, kept.fetchedAt.map { $0.duration(to: .now) > maximumAge } ?? true)
        }
        if isOld { Task { await refreshIfOld() } }
        return keys?.contains(identifier, material: material) ?? false
    }

    /// Fetches whatever was fetched before: what ``Weakness/fetchesJWKSAlways`` does.
    func fetchAnyway() async {
        _ = await fetchAndKeep()
    }

    private func refreshIfOld() {
        guard let fetchedAt = kept.withLock({ $0.fetchedAt }), fetchedAt.duration(to: .now) > maximumAge else { return }
        startFetching()
    }

    private func startFetching() {
        guard fetching == nil else { return }
        if let attemptedAt, attemptedAt.duration(to: .now) < minimumInterval { return }
        attemptedAt = .now
        fetching = Task {
            defer { fetching = nil }
            return await fetchAndKeep()
        }
    }

    private func fetchAndKeep() async -> KeySet? {
        let started = ContinuousClock.now
        do {
            let keys = try await fetch()
            metrics.stages.observe(.jwksFetch, since: started)
            kept.withLock { $0 = Kept(keys: keys, fetchedAt: .now) }
            metrics.jwksFetches.increment("ok")
        } catch {
            metrics.jwksFetches.increment("error")
            if error.isOutOfDescriptors { metrics.errors.increment(ErrorCode.tooManyOpenFiles.rawValue) }
            logger.warning("cannot fetch the issuer's keys", metadata: ["url": "\(url)", "error": "\(error)"])
        }
        return kept.withLock { $0.keys }
    }

    private struct UnexpectedStatus: Error {
        let code: Int
    }

    /// An issuer withdraws a key by publishing the others; one without any has most likely lost its way.
    private struct NoUsableKeys: Error {}

    private func fetch() async throws -> KeySet {
        let (seconds, attoseconds) = fetchTimeout.components
        let timeout = TimeAmount.nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        let answer = try await client.send(.GET, url, limit: Self.maximumDocumentBytes, within: timeout)
        guard answer.status == 200 else { throw UnexpectedStatus(code: answer.status) }
        let keys = try await KeySet(document: Array(answer.body.readableBytesView))
        guard !keys.isEmpty else { throw NoUsableKeys() }
        return keys
    }
}
