import LinuxSystem
import NIOCore
import PlainHTTP
import Synchronization

/// The service's own pool gauges, and counters of its errors, connects and attempts, from its OpenMetrics page.
public final class ServiceMetricsProbe: PollingProbe {
    private struct State {
        var latest: (time: Duration, values: [String: Double])?
        var pages: [(time: Duration, page: OpenMetricsPage)] = []
    }

    private let url: String
    private let every: Duration
    private let client = PlainHTTPClient()
    private let state = Mutex(State())
    private let loop = Mutex<Task<Void, Never>?>(nil)

    /// The service's error codes, and how its errors are called in conditions.
    private static let errors = [
        ("POOL_TIMEOUT", "poolTimeout"), ("POOL_QUEUE_FULL", "poolQueueFull"), ("DATABASE_UNAVAILABLE", "unavailable"),
        ("DATABASE_ERROR", "sql"),
        ("STATEMENT_TIMEOUT", "timeout"), ("TOO_MANY_OPEN_FILES", "descriptors"),
        ("UNAUTHENTICATED", "unauthenticated"), ("INTERNAL", "internal"),
    ].map { (code: $0.0, metric: "service.errors.\($0.1).perSecond") }

    /// The results of look-ups in the service's cache, and how their rates are called in conditions.
    private static let lookups = [
        ("hit", "hits"), ("miss", "misses"), ("expired", "expired"), ("outdated", "outdated"), ("invalid", "invalid"),
        ("error", "errors"), ("bypassed", "bypassed"), ("coalesced", "coalesced"),
    ].map { (result: $0.0, metric: "service.cache.\($0.1).perSecond") }

    /// Other counters of the cache.
    private static let cacheCounters = ["loads", "stale", "evictions"]
        .map { (name: "bookshop_cache_\($0)_total", metric: "service.cache.\($0).perSecond") }

    private static let freshness = Duration.milliseconds(1000)
    /// Quantiles are over what happened in this time.
    private static let window = Duration.seconds(1)

    /// - Parameter every: from one look at the page to the next; more often than samples are taken says nothing more.
    public init(url: String, every: Duration = .milliseconds(100)) {
        self.url = url
        self.every = every
    }

    private static let families = [
        "bookshop_pool_", "bookshop_errors_", "bookshop_cache_", "bookshop_database_", "bookshop_token_memory_",
    ]

    /// Starts to read.
    public func begin() {
        let task = Task {
            while !Task.isCancelled {
                // A page that does not come is a gap in the figures, which `read` shows.
                if let answer = try? await client.send(
                    .GET, url, headers: ["Accept": "application/openmetrics-text"], limit: 1 << 20,
                    within: .seconds(1))
                {
                    take(OpenMetricsPage(String(buffer: answer.body), keeping: ServiceMetricsProbe.families))
                }
                try? await Task.sleep(for: every)
            }
        }
        loop.withLock { $0 = task }
    }

    public func end() async {
        let task = loop.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    public func read(into values: inout [String: Double]) {
        guard let latest = state.withLock({ $0.latest }),
            MonotonicClock.now() - latest.time < ServiceMetricsProbe.freshness
        else { return }
        values.merge(latest.values) { _, new in new }
    }

    private func take(_ page: OpenMetricsPage) {
        let now = MonotonicClock.now()
        var values: [String: Double] = [:]
        values["pool.inUse"] = page.value("bookshop_pool_connections", label: "state", is: "in_use")
        values["pool.idle"] = page.value("bookshop_pool_connections", label: "state", is: "idle")
        values["pool.waiting"] = page.value("bookshop_pool_waiting")
        values["pool.timeouts"] = page.value("bookshop_pool_checkout_timeouts_total")
        state.withLock { state in
            state.pages.append((now, page))
            while let first = state.pages.first, now - first.time > ServiceMetricsProbe.window, state.pages.count > 2 {
                state.pages.removeFirst()
            }
            if let first = state.pages.first {
                let quantiles = page.quantiles(
                    [0.5, 0.95, 0.99], of: "bookshop_pool_checkout_seconds", since: first.page)
                for (name, value) in zip(["p50", "p95", "p99"], quantiles) { values["pool.wait.\(name)"] = value }
                let seconds = (now - first.time) / .seconds(1)
                for error in ServiceMetricsProbe.errors where seconds > 0 {
                    guard let count = page.value("bookshop_errors_total", label: "code", is: error.code),
                        let before = first.page.value("bookshop_errors_total", label: "code", is: error.code),
                        // A service that was started anew counts from zero.
                        count >= before
                    else { continue }
                    values[error.metric] = (count - before) / seconds
                }
                if seconds > 0 { ServiceMetricsProbe.cacheRates(page, first.page, seconds, &values) }
                if seconds > 0, let connects = page.growth(of: "bookshop_pool_connects_total", since: first.page) {
                    values["service.connects.perSecond"] = connects / seconds
                }
                if seconds > 0, let damage = page.growth(of: "bookshop_token_memory_damage_total", since: first.page) {
                    values["service.tokens.damaged.perSecond"] = damage / seconds
                }
                // What was begun before this window may be tried again in it.
                if let attempts = page.growth(of: "bookshop_database_attempts_total", since: first.page),
                    let operations = page.growth(of: "bookshop_database_operations_total", since: first.page),
                    operations > 0
                {
                    values["service.attempts.perRequest"] = attempts / operations
                }
            }
            state.latest = (now, values)
        }
    }

    private static func cacheRates(
        _ page: OpenMetricsPage, _ earlier: OpenMetricsPage, _ seconds: Double, _ values: inout [String: Double]
    ) {
        var hits = 0.0
        var all = 0.0
        for lookup in lookups {
            let name = "bookshop_cache_requests_total"
            guard let count = page.value(name, label: "result", is: lookup.result),
                let before = earlier.value(name, label: "result", is: lookup.result), count >= before
            else { continue }
            values[lookup.metric] = (count - before) / seconds
            all += count - before
            if lookup.result == "hit" { hits = count - before }
        }
        if all > 0 { values["service.cache.hitRate"] = hits / all }
        for counter in cacheCounters {
            guard let count = page.value(counter.name), let before = earlier.value(counter.name), count >= before else {
                continue
            }
            values[counter.metric] = (count - before) / seconds
        }
    }
}
