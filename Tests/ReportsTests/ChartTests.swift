import Testing

@testable import Reports

@Suite("What charts are made of")
struct ChartTests {
    @Test("Thinning out keeps the highest and the lowest value and the order of time")
    func downSampling() {
        var points = (0..<36_000).map { Series.Point(time: Double($0) / 10, value: 5) }
        points[17_123].value = 900
        points[29_999].value = -3
        let thin = DownSampler(axis: TimeAxis(duration: 3600)).thin(points)
        #expect(thin.count <= 400)
        #expect(thin.contains(points[17_123]) && thin.contains(points[29_999]))
        #expect(zip(thin, thin.dropFirst()).allSatisfy { $0.time < $1.time })
    }

    @Test("Few points stay as they are")
    func fewPoints() {
        let points = (0..<10).map { Series.Point(time: Double($0), value: 1) }
        #expect(DownSampler(axis: TimeAxis(duration: 10)).thin(points) == points)
        #expect(DownSampler(axis: TimeAxis(duration: 10)).thin([]) == [])
    }

    @Test("The time axis has few labels", arguments: [0.0, 0.4, 1, 89.7, 600, 3600, 86_400, 1e6])
    func timeAxis(_ duration: Double) {
        let axis = TimeAxis(duration: duration)
        #expect((1...12).contains(axis.ticks.count))
        #expect(axis.ticks.allSatisfy { $0.seconds <= axis.span })
        #expect(Set(axis.ticks.map(\.label)).count == axis.ticks.count)
    }

    @Test(
        "An axis of values covers them with few different labels",
        arguments: [MetricUnit.seconds, .fraction, .percent, .bytes, .perSecond, .count],
        [0, 0.0003, 0.7, 1, 3, 42, 99.9, 5000, 3e9])
    func valueScale(_ unit: MetricUnit, _ highest: Double) {
        let scale = ValueScale(highest: highest, unit: unit)
        #expect(scale.highest >= highest)
        #expect((2...6).contains(scale.ticks.count))
        #expect(Set(scale.ticks.map(\.label)).count == scale.ticks.count, "\(scale.ticks.map(\.label))")
        #expect(scale.place(0) == 0 && scale.place(scale.highest) == 1)
    }

    @Test("A wide range is drawn on a logarithmic axis")
    func logarithmic() {
        let scale = ValueScale(highest: 5, smallest: 0.004, unit: .seconds)
        #expect(scale.isLogarithmic)
        #expect(scale.ticks.map(\.label) == ["1 ms", "10 ms", "100 ms", "1 s", "10 s"])
        #expect(abs(scale.place(0.1) - 0.5) < 1e-9)
        #expect(scale.place(0) == 0)
        #expect(!ValueScale(highest: 5, smallest: 1, unit: .seconds).isLogarithmic)
    }

    @Test("A line breaks where nothing was measured")
    func gaps() {
        let times = (0..<20).map(Double.init) + (60..<80).map(Double.init)
        let axis = TimeAxis(duration: 100)
        var drawing = Drawing(id: "d", title: "t", explanation: "e")
        drawing.line(
            times.map { .init(time: $0, value: 1) }, axis: axis, scale: ValueScale(highest: 2, unit: .count),
            style: "line")
        #expect(drawing.svg.count { $0 == "M" } == 2)
    }

    @Test(
        "Names tell units",
        arguments: [
            ("latency.p99", MetricUnit.seconds), ("recovery(kill)", .seconds), ("during(kill, errors.rate)", .fraction),
            ("phase(recovery, latency.p50)", .seconds), ("db.memory.current", .bytes), ("pool.wait.p95", .seconds),
            ("db.memory.pressure.some.avg10", .percent), ("throughput", .perSecond), ("ledger.lost", .count),
            ("pool.inUse", .count), ("db.memory.events.oom", .count), ("host.memory.available", .bytes),
        ])
    func units(_ name: String, _ unit: MetricUnit) {
        #expect(MetricUnit(of: name) == unit)
    }

    @Test("Simple bounds are drawn, others are not")
    func thresholds() {
        #expect(Threshold(check: "latency.p99 < 1500ms")?.value == 1.5)
        #expect(Threshold(check: "errors.rate <= 1%")?.metric == "errors.rate")
        #expect(Threshold(check: "latency.p99 < 1s and errors.rate < 1%") == nil)
    }
}
