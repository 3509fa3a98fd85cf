import LinuxSystem
import Redis
import Synchronization

/// Hits, misses, evictions, entries and memory of a Redis, from INFO.
public final class RedisProbe: PollingProbe {
    private struct Reading {
        let time: Duration
        let information: RedisInformation
    }

    private let target: String
    private let client: RedisClient
    private let readings = Mutex<[Reading]>([])
    private let loop = Mutex<Task<Void, Never>?>(nil)

    private static let freshness = Duration.milliseconds(1000)
    /// Rates are over what happened in this time.
    private static let window = Duration.seconds(1)

    private static let counters = [
        ("keyspace_hits", "hits"), ("keyspace_misses", "misses"), ("evicted_keys", "evictions"),
    ]

    /// - Parameter address: `host:port`, past everything that is disturbed.
    public init(target: String, address: String) {
        self.target = target
        client = RedisClient(address: address)
    }

    /// Starts to ask five times a second: INFO is a long answer.
    public func begin() {
        let task = Task {
            while !Task.isCancelled {
                // One that does not answer leaves a gap, which `read` shows.
                if let information = try? await client.information(within: .seconds(1)) { take(information) }
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
        loop.withLock { $0 = task }
    }

    public func end() async {
        let task = loop.withLock { $0 }
        task?.cancel()
        await task?.value
        await client.close()
    }

    private func take(_ information: RedisInformation) {
        let now = MonotonicClock.now()
        readings.withLock { readings in
            readings.append(Reading(time: now, information: information))
            while let first = readings.first, now - first.time > RedisProbe.window, readings.count > 2 {
                readings.removeFirst()
            }
        }
    }

    public func read(into values: inout [String: Double]) {
        let (first, last) = readings.withLock { ($0.first, $0.last) }
        guard let first, let last, MonotonicClock.now() - last.time < RedisProbe.freshness else { return }
        values["\(target).cache.entries"] = Double(last.information.keys)
        values["\(target).cache.memory"] = last.information.number("used_memory")
        let seconds = (last.time - first.time) / .seconds(1)
        guard seconds > 0 else { return }
        for (name, metric) in RedisProbe.counters {
            guard let count = last.information.number(name), let before = first.information.number(name),
                // A Redis that was started anew counts from zero.
                count >= before
            else { continue }
            values["\(target).cache.\(metric).perSecond"] = (count - before) / seconds
        }
    }
}
