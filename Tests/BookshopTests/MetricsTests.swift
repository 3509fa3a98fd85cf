import Testing

@testable import bookshop

@Suite struct MetricsTests {
    @Test func histogramsAreCumulative() {
        let histogram = DurationHistogram(bounds: [0.001, 0.1])
        for duration: Duration in [.microseconds(500), .milliseconds(1), .milliseconds(50), .seconds(3)] {
            histogram.observe(duration)
        }
        let snapshot = histogram.snapshot
        #expect(snapshot.cumulative.map(\.count) == [2, 3, 4])
        #expect(abs(snapshot.sum - 3.0515) < 1e-9)
    }

    @Test func labelValuesAreEscaped() {
        let counter = LabeledCounter(["operation"])
        counter.increment("a\"b\\c\nd", by: 2)
        var writer = OpenMetricsWriter()
        writer.counter("x", "Help.", counter)
        writer.end()
        #expect(
            writer.text == """
                # TYPE x counter
                # HELP x Help.
                x_total{operation="a\\"b\\\\c\\nd"} 2
                # EOF

                """)
    }

    @Test func everyNameThatBrinkReadsIsThere() throws {
        let page = MetricsPage(metrics: Metrics(), process: ProcessStatistics())
        let text = page.render(pool: PoolStatistics(size: 10), cacheEntries: 3)
        for line in [
            "bookshop_pool_connections{state=\"idle\"} 0", "bookshop_pool_size 10", "bookshop_pool_waiting 0",
            "bookshop_pool_checkout_seconds_bucket{le=\"0.0005\"} 0", "bookshop_pool_checkout_timeouts_total 0",
            "bookshop_pool_connects_total{outcome=\"ok\"} 0", "bookshop_errors_total{code=\"TOO_MANY_OPEN_FILES\"} 0",
            "bookshop_cache_requests_total{result=\"hit\"} 0", "bookshop_cache_entries 3",
            "bookshop_cache_evictions_total 0", "bookshop_tokens_total{result=\"accepted\"} 0",
            "bookshop_jwks_fetches_total{outcome=\"ok\"} 0", "bookshop_request_seconds_bucket{le=\"+Inf\"} 0",
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
        #expect(text.hasSuffix("# EOF\n"))
        #expect(try #require(value("process_open_fds", text)) >= 3)
        #expect(try #require(value("process_resident_memory_bytes", text)) > 1_000_000)
        #expect(try #require(value("process_cpu_seconds_total", text)) > 0)
        #expect(try #require(value("process_start_time_seconds", text)) > 1.7e9)
    }

    private func value(_ name: String, _ text: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .flatMap { Double($0.dropFirst(name.count + 1)) }
    }
}
