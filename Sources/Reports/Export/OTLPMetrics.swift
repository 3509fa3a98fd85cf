/// The figures of a run as gauges in OTLP/JSON, at the time of its end.
struct OTLPMetrics: Encodable {
    struct ResourceMetrics: Encodable {
        let resource: OTLP.Resource
        let scopeMetrics: [ScopeMetrics]
    }

    struct ScopeMetrics: Encodable {
        let scope: OTLP.Scope
        let metrics: [Metric]
    }

    struct Metric: Encodable {
        struct Gauge: Encodable {
            let dataPoints: [Point]
        }

        struct Point: Encodable {
            let attributes: [OTLP.Attribute]
            let timeUnixNano: String
            let asDouble: Double
        }

        let name: String
        let description: String
        /// As UCUM has it.
        let unit: String
        let gauge: Gauge
    }

    let resourceMetrics: [ResourceMetrics]

    init(_ result: RunResult) {
        let end = "\(WallClock(result).nanoseconds(result.duration))"
        let metrics = RunGauge.all(result).map { gauge in
            Metric(
                name: (["brink", "run"] + gauge.words).joined(separator: "."), description: gauge.help,
                unit: gauge.unit == .seconds ? "s" : "1",
                gauge: Metric.Gauge(
                    dataPoints: gauge.points.map { point in
                        Metric.Point(
                            attributes: point.labels.map { OTLP.Attribute("brink.\($0.name)", $0.value) },
                            timeUnixNano: end, asDouble: point.value)
                    }))
        }
        resourceMetrics = [
            ResourceMetrics(
                resource: OTLP.Resource(result),
                scopeMetrics: [ScopeMetrics(scope: OTLP.Scope(version: result.brinkVersion), metrics: metrics)])
        ]
    }
}
