import Glibc

/// How long the stages of requests take, in buckets fine enough for percentiles of microseconds.
final class StageTimes: Sendable {
    /// From 1 µs to 10 s, twenty a decade: 12 % from one to the next.
    static let bounds = (0...140).map { pow(10, Double($0) / 20 - 6) }

    private let histograms = Dictionary(
        uniqueKeysWithValues: Stage.allCases.map { ($0, DurationHistogram(bounds: StageTimes.bounds)) })

    func observe(_ stage: Stage, since start: ContinuousClock.Instant) {
        histograms[stage]?.observe(start.duration(to: .now))
    }

    /// The answer to `GET /metrics/stages`: a page of its own, for it is long and few ask for it.
    var page: String {
        var page = OpenMetricsWriter()
        for stage in Stage.allCases {
            guard let histogram = histograms[stage] else { continue }
            page.histogram("bookshop_stage_\(stage.rawValue)_seconds", stage.help, histogram)
        }
        page.end()
        return page.text
    }
}
