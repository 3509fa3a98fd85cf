import Foundation

/// Moments of a run as moments of the world.
struct WallClock {
    /// When the run began, in nanoseconds since 1970; nil when the events do not say.
    private let start: Int64?

    init(_ result: RunResult) {
        // Older versions wrote whole seconds. An events file that lost its beginning: times count from 1970.
        let styles = [true, false].map { Date.ISO8601FormatStyle(includingFractionalSeconds: $0) }
        let date = styles.lazy.compactMap { try? Date(result.startedAt, strategy: $0) }.first
        start = date.map { Int64(($0.timeIntervalSince1970 * 1000).rounded()) * 1_000_000 }
    }

    /// - Parameter seconds: from the run's start.
    func nanoseconds(_ seconds: Double) -> Int64 { (start ?? 0) + Int64((seconds * 1e9).rounded()) }

    func milliseconds(_ seconds: Double) -> Int64 { nanoseconds(seconds) / 1_000_000 }

    /// Seconds since 1970 with milliseconds, as OpenMetrics has them.
    func decimal(_ seconds: Double) -> String {
        let whole = milliseconds(seconds)
        let rest = "\(whole % 1000)"
        return "\(whole / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
    }
}
