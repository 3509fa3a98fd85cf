import LinuxSystem

/// Access tokens of a few subjects, each renewed before it expires, and at once when a service refuses it: a key that
/// an issuer withdraws ends tokens early.
public actor TokenPool {
    /// A token and for how many seconds it is valid.
    public typealias Issued = (token: String, life: Double)

    private struct Entry {
        var token: String
        /// When it should be renewed, and when it is over, on the monotonic clock.
        var renewal: Duration
        var end: Duration
        var askedAt: Duration
        var renewing: Task<Void, Never>?
    }

    /// A service that refuses everything must not become a storm on its issuer.
    private static let shortestInterval = Duration.milliseconds(500)
    /// Of a token's life, how much passes before it is renewed.
    private static let share = 0.75

    private let subjects: [String]
    private let issue: @Sendable (_ subject: String) async throws -> Issued
    private var entries: [Entry] = []
    private var next = 0

    /// - Parameters:
    ///   - size: how many subjects.
    ///   - issue: gets a new token.
    public init(size: Int = 8, issue: @escaping @Sendable (_ subject: String) async throws -> Issued) {
        subjects = (1...max(1, size)).map { "brink-load-\($0)" }
        self.issue = issue
    }

    /// Gets the first token of every subject.
    /// - Throws: what the issuer says.
    public func fill() async throws {
        for subject in subjects { entries.append(Self.entry(try await issue(subject))) }
    }

    /// The token of the next subject, in turn.
    ///
    /// One that is over is waited for. While the issuer gives none, the old one is all there is.
    func token() async -> String? {
        guard !entries.isEmpty else { return nil }
        let index = next % entries.count
        next += 1
        let now = MonotonicClock.now()
        if now >= entries[index].renewal { renew(index) }
        if now >= entries[index].end { await entries[index].renewing?.value }
        return entries[index].token
    }

    /// A service refused a token that should be good.
    func refused(_ token: String) {
        guard let index = entries.firstIndex(where: { $0.token == token }) else { return }
        renew(index)
    }

    private func renew(_ index: Int) {
        let now = MonotonicClock.now()
        guard entries[index].renewing == nil, now - entries[index].askedAt >= Self.shortestInterval else { return }
        entries[index].askedAt = now
        entries[index].renewing = Task { [issue, subject = subjects[index]] in
            // An issuer that is down is asked again later; until then the old token stays.
            let issued = try? await issue(subject)
            renewed(index, issued)
        }
    }

    private func renewed(_ index: Int, _ issued: Issued?) {
        if let issued { entries[index] = Self.entry(issued) }
        entries[index].renewing = nil
    }

    private static func entry(_ issued: Issued) -> Entry {
        let now = MonotonicClock.now()
        return Entry(
            token: issued.token, renewal: now + .seconds(issued.life * share), end: now + .seconds(issued.life),
            askedAt: now)
    }
}
