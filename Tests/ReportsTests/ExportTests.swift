import Events
import Foundation
import Testing

@testable import Reports

@Suite("Runs in the formats of other systems")
struct ExportTests {
    private let events = SyntheticRun(length: 30).events
    private var result: RunResult { RunResult(events: events) }

    @Test(
        "Times count from the moment at which the run began, of which older versions knew the second",
        arguments: [("2026-11-30T07:00:00.250Z", 250), ("2026-11-30T07:00:00Z", 0)])
    func clock(_ startedAt: String, _ milliseconds: Int64) {
        var run = result
        run.startedAt = startedAt
        #expect(WallClock(run).milliseconds(1.5) == 1_796_022_000_000 + milliseconds + 1500)
    }

    // MARK: OpenMetrics

    /// What Prometheus's own tool says of a text.
    private func promtool(_ arguments: [String], _ text: String) throws -> (status: Int32, output: String)? {
        guard let promtool = ExternalProgram("promtool") else {
            Issue.record("promtool is missing: apt-get install prometheus")
            return nil
        }
        let folder = try TemporaryFolder()
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file("text")))
        return try promtool.run(arguments.map { $0.replacing("FOLDER", with: folder.path) }, input: folder.file("text"))
    }

    @Test("Prometheus's linter has nothing to say about the figures")
    func figures() throws {
        let text = OpenMetricsText(result).figures
        for line in [
            "# TYPE brink_run_fault_recovery_seconds gauge", "# UNIT brink_run_fault_recovery_seconds seconds",
            "fault=\"kill\",kind=\"postgres.kill\",target=\"db\"} 2.7", "verdict=\"fail\"} 1", "verdict=\"pass\"} 0",
            "phase=\"run\",statistic=\"p99\"} 2.4", "outcome=\"acked\"} 987",
        ] { #expect(text.contains(line), "\(line)") }
        #expect(text.hasSuffix("\n# EOF\n"))
        guard let answer = try promtool(["check", "metrics"], text) else { return }
        #expect(answer.status == 0 && answer.output.isEmpty, "\(answer.output)")
    }

    @Test("Hostile names stay within their quotes", arguments: HostileText.all)
    func hostileFigures(_ hostile: String) throws {
        let text = OpenMetricsText(RunResult(events: HostileText.events(hostile))).figures
        guard let answer = try promtool(["check", "metrics"], text) else { return }
        #expect(answer.status == 0, "\(answer.output)")
    }

    @Test("The linter does find fault with a text that is none")
    func linterBites() throws {
        let text = OpenMetricsText(result).figures.replacing("\"} 987", with: "} 987")
        guard let answer = try promtool(["check", "metrics"], text) else { return }
        #expect(answer.status != 0)
    }

    /// This is the parser of OpenMetrics proper, with times.
    @Test("Prometheus makes blocks of the curves")
    func curves() throws {
        let samples = SampleTable(events, wanted: ChartCatalogue.shows)
        let text = OpenMetricsText(result).curves(samples)
        #expect(text.contains("brink_sample_latency_p99{") && text.contains("target=\"pool\"} "))
        #expect(text.contains("brink_sample_pool_in_use{"), "a pool's metric without a target")
        let folder = try TemporaryFolder()
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file("curves.txt")))
        guard let promtool = ExternalProgram("promtool") else {
            Issue.record("promtool is missing: apt-get install prometheus")
            return
        }
        let answer = try promtool.run(
            ["tsdb", "create-blocks-from", "openmetrics", folder.file("curves.txt"), folder.file("blocks")])
        #expect(answer.status == 0, "\(answer.output)")
        let blocks = try FileManager.default.contentsOfDirectory(atPath: folder.file("blocks"))
        #expect(!blocks.isEmpty)
    }

    // MARK: OTLP

    /// OpenTelemetry's own message types, which know no field that is misspelt. The ids of OTLP/JSON are hexadecimal where
    /// the mapping of protocol buffers has base64; the letters of both are let through.
    private static let otlpParser = """
        import json, sys
        from google.protobuf.json_format import Parse
        from opentelemetry.proto.trace.v1.trace_pb2 import TracesData
        from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData
        traces = Parse(open(sys.argv[1]).read(), TracesData())
        metrics = Parse(open(sys.argv[2]).read(), MetricsData())
        print(sum(len(scope.spans) for all in traces.resource_spans for scope in all.scope_spans),
              sum(len(scope.metrics) for all in metrics.resource_metrics for scope in all.scope_metrics))
        """

    private func parsedByOpenTelemetry(_ traces: Data, _ metrics: Data) throws -> (status: Int32, output: String)? {
        guard let python = ExternalProgram("python3"),
            try python.run(["-c", "import opentelemetry.proto"]).status == 0
        else {
            Issue.record("python3 with opentelemetry-proto is missing: pip install opentelemetry-proto")
            return nil
        }
        let folder = try TemporaryFolder()
        try traces.write(to: URL(fileURLWithPath: folder.file("traces")))
        try metrics.write(to: URL(fileURLWithPath: folder.file("metrics")))
        return try python.run(["-c", Self.otlpParser, folder.file("traces"), folder.file("metrics")])
    }

    @Test("OpenTelemetry's own types take what is exported, and not what is misspelt")
    func otlpIsTaken() throws {
        let traces = try ReportWriter.json(OTLPTraces(result))
        let metrics = try ReportWriter.json(OTLPMetrics(result))
        guard let answer = try parsedByOpenTelemetry(traces, metrics) else { return }
        let counts = "\(try spans(result).count) \(RunGauge.all(result).count)\n"
        #expect(answer.status == 0 && answer.output == counts, "\(answer.output)")
        let misspelt = String(decoding: traces, as: UTF8.self).replacing("startTimeUnixNano", with: "startTime")
        #expect(try parsedByOpenTelemetry(Data(misspelt.utf8), metrics)?.status != 0)
    }

    private func object(_ value: some Encodable) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: ReportWriter.json(value)) as? [String: Any])
    }

    private func spans(_ result: RunResult) throws -> [[String: Any]] {
        let resource = try #require((try object(OTLPTraces(result))["resourceSpans"] as? [[String: Any]])?.first)
        let scope = try #require((resource["scopeSpans"] as? [[String: Any]])?.first)
        return try #require(scope["spans"] as? [[String: Any]])
    }

    @Test("A trace has a span for the run, each phase, each fault and each recovery, as the JSON mapping wants them")
    func traces() throws {
        let spans = try spans(result)
        let names = spans.compactMap { $0["name"] as? String }
        #expect(names.first == "run cascade.pool-and-database")
        #expect(
            names.contains("phase recovery") && names.contains("fault kill") && names.contains("recovery from kill"))
        #expect(spans.count == 1 + 5 + 4 + 4)
        let trace = try #require(spans[0]["traceId"] as? String)
        #expect(trace.wholeMatch(of: /[0-9a-f]{32}/) != nil && trace != String(repeating: "0", count: 32))
        let ids = spans.compactMap { $0["spanId"] as? String }
        #expect(Set(ids).count == spans.count && ids.allSatisfy { $0.wholeMatch(of: /[0-9a-f]{16}/) != nil })
        #expect(spans[0]["parentSpanId"] == nil)
        for span in spans {
            #expect(span["traceId"] as? String == trace)
            #expect(span["kind"] as? Int == 1)
            #expect((span["status"] as? [String: Any])?["code"] is Int)
            let start = try #require((span["startTimeUnixNano"] as? String).flatMap(UInt64.init))
            let end = try #require((span["endTimeUnixNano"] as? String).flatMap(UInt64.init))
            #expect(start <= end && start >= 1_749_896_100_000_000_000)
            if span["name"] as? String != names[0] { #expect(span["parentSpanId"] as? String == ids[0]) }
        }
        let kill = try #require(spans.first { $0["name"] as? String == "fault kill" })
        #expect(kill["startTimeUnixNano"] as? String == "1749896109605000000")
        #expect((kill["events"] as? [[String: Any]])?.first?["name"] as? String == "verified")
    }

    @Test("The same run gives the same ids, another run others")
    func identifiers() throws {
        func ids(_ name: String) throws -> [String] {
            var result = result
            result.run = name
            return try spans(result).compactMap { $0["spanId"] as? String }
        }
        #expect(try ids("a") == ids("a"))
        #expect(try Set(ids("a")).isDisjoint(with: ids("b")))
    }

    /// Field by field what opentelemetry-proto 1.x names, so that a misspelt one is found.
    @Test("There are no fields but those of the protocol")
    func fields() throws {
        let known: Set<String> = [
            "resourceSpans", "resourceMetrics", "resource", "attributes", "key", "value", "stringValue", "boolValue",
            "doubleValue", "intValue", "scopeSpans", "scopeMetrics", "scope", "name", "version", "spans", "traceId",
            "spanId", "parentSpanId", "kind", "startTimeUnixNano", "endTimeUnixNano", "events", "timeUnixNano",
            "status",
            "code", "message", "metrics", "description", "unit", "gauge", "dataPoints", "asDouble",
        ]
        func names(_ value: Any) -> Set<String> {
            if let object = value as? [String: Any] {
                return object.reduce(into: Set(object.keys)) { $0.formUnion(names($1.value)) }
            }
            return (value as? [Any])?.reduce(into: Set()) { $0.formUnion(names($1)) } ?? []
        }
        for value in [try object(OTLPTraces(result)), try object(OTLPMetrics(result))] {
            #expect(names(value).subtracting(known).isEmpty, "\(names(value).subtracting(known))")
        }
        let text = String(decoding: try ReportWriter.json(OTLPMetrics(result)), as: UTF8.self)
        #expect(text.contains("\"brink.run.fault.recovery\"") && text.contains("\"unit\" : \"s\""))
        #expect(text.matches(of: /"timeUnixNano" : (?!")/).isEmpty, "64-bit integers are strings")
    }

    // MARK: Annotations

    @Test("Grafana gets stretches of time in milliseconds")
    func grafana() throws {
        let all = GrafanaAnnotation.all(result)
        let kill = try #require(all.first { $0.text.hasPrefix("kill: postgres.kill on db") })
        #expect(kill.time == 1_749_896_109_605 && kill.timeEnd == 1_749_896_109_606)
        #expect(kill.tags == ["brink", "fault", "cascade.pool-and-database"])
        #expect(all.contains { $0.text == "phase recovery" } && all.contains { $0.text.contains("BYSTANDER") })
        #expect(all.allSatisfy { $0.timeEnd ?? $0.time >= $0.time })
    }

    @Test("What failed becomes an error of the workflow, on one line")
    func workflow() {
        let lines = WorkflowCommands(result).lines
        #expect(
            lines == [
                "::error title=cascade.pool-and-database%3A recovery does not hold::recovery(kill) < 8s%0Arecovery(kill) = 8.1 s"
            ], "\(lines)")
    }

    @Test(
        "Nothing that a run says begins a command of its own", arguments: HostileText.all + ["x\n::error::y", "a%0Ab"])
    func hostileWorkflow(_ hostile: String) {
        for line in WorkflowCommands(RunResult(events: HostileText.events(hostile))).lines {
            #expect(line.hasPrefix("::error ") || line.hasPrefix("::warning "))
            #expect(!line.contains("\n") && !line.contains("\r") && !line.contains("\u{1B}"))
        }
    }

    @Test("A percent sign stands for itself")
    func percent() {
        let lines = WorkflowCommands(RunResult(events: HostileText.events("a%0A::error::b"))).lines
        #expect(!lines.isEmpty && lines.allSatisfy { $0.contains("a%250A") && !$0.contains("a%0A") })
    }

    @Test("Files are for their owner alone", arguments: RunExport.allCases)
    func files(_ export: RunExport) throws {
        let folder = try TemporaryFolder()
        let paths = try export.write(events, to: folder.path)
        #expect(paths.isEmpty == (export == .annotations))
        for path in paths {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }
}
