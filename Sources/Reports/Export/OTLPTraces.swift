import Events

/// A run as one trace in OTLP/JSON: a span for the run, one for each phase, one for each fault while it was injected, and
/// one for each recovery.
struct OTLPTraces: Encodable {
    struct ResourceSpans: Encodable {
        let resource: OTLP.Resource
        let scopeSpans: [ScopeSpans]
    }

    struct ScopeSpans: Encodable {
        let scope: OTLP.Scope
        let spans: [Span]
    }

    struct Span: Encodable {
        struct Event: Encodable {
            let timeUnixNano: String
            let name: String
            let attributes: [OTLP.Attribute]
        }

        struct Status: Encodable {
            /// 0 unset, 1 ok, 2 error.
            var code: Int
            var message: String?
        }

        let traceId: String
        let spanId: String
        /// Absent for the root.
        let parentSpanId: String?
        let name: String
        /// 1: internal.
        let kind = 1
        let startTimeUnixNano: String
        let endTimeUnixNano: String
        let attributes: [OTLP.Attribute]
        var events: [Event] = []
        let status: Status
    }

    let resourceSpans: [ResourceSpans]

    init(_ result: RunResult) {
        let spans = Spans(result: result)
        resourceSpans = [
            ResourceSpans(
                resource: OTLP.Resource(result),
                scopeSpans: [ScopeSpans(scope: OTLP.Scope(version: result.brinkVersion), spans: spans.all)])
        ]
    }

    private struct Spans {
        let result: RunResult
        private let clock: WallClock
        private let trace: String
        private let root: String

        init(result: RunResult) {
            self.result = result
            clock = WallClock(result)
            trace = OTLP.id(["trace", result.run], bytes: 16)
            root = OTLP.id(["span", result.run], bytes: 8)
        }

        var all: [Span] { [run] + result.phases.map(span) + result.faults.flatMap(spans) }

        private var run: Span {
            let status: Span.Status =
                switch result.verdict {
                case .pass: Span.Status(code: 1)
                case .fail, .error, .aborted: Span.Status(code: 2, message: result.reason)
                case .inconclusive, nil: Span.Status(code: 0)
                }
            return Span(
                traceId: trace, spanId: root, parentSpanId: nil, name: "run \(result.scenario)",
                startTimeUnixNano: time(0), endTimeUnixNano: time(result.duration),
                attributes: [
                    OTLP.Attribute("brink.verdict", result.verdict?.rawValue ?? "interrupted"),
                    OTLP.Attribute("brink.reason", result.reason ?? ""),
                ] + (result.host.restored.map { [OTLP.Attribute("brink.host.restored", $0)] } ?? []),
                events: result.expectations.map { expectation in
                    Span.Event(
                        timeUnixNano: time(result.duration), name: "expectation \(expectation.id)",
                        attributes: [
                            OTLP.Attribute("brink.expectation.that", expectation.that),
                            OTLP.Attribute("brink.verdict", expectation.verdict?.rawValue ?? "not judged"),
                        ]
                            + expectation.values.sorted { $0.key < $1.key }.map {
                                OTLP.Attribute("brink.value.\($0.key)", $0.value)
                            })
                }, status: status)
        }

        private func span(_ phase: PhaseResult) -> Span {
            child(
                "phase \(phase.phase.rawValue)", ["phase", phase.phase.rawValue], from: phase.start, to: phase.end,
                [OTLP.Attribute("brink.phase", phase.phase.rawValue)])
        }

        /// None for a fault whose moment never came.
        private func spans(_ fault: FaultResult) -> [Span] {
            guard let start = fault.injectedAt ?? fault.dueAt else { return [] }
            let end = fault.endedAt ?? result.duration
            let attributes = [
                OTLP.Attribute("brink.fault.id", fault.id), OTLP.Attribute("brink.fault.kind", fault.name),
                OTLP.Attribute("brink.fault.target", fault.target),
                OTLP.Attribute("brink.fault.verified", fault.verified),
                OTLP.Attribute("brink.fault.effect", FaultWords(fault).effect),
            ]
            var injection = child(
                "fault \(fault.id)", ["fault", fault.id], from: start, to: end, attributes,
                Span.Status(
                    code: fault.state == .failed ? 2 : fault.verified ? 1 : 0,
                    message: fault.state == .failed ? fault.trouble : nil))
            if let verified = fault.verifiedAt {
                injection.events = [
                    Span.Event(
                        timeUnixNano: time(verified), name: "verified",
                        attributes: [OTLP.Attribute("brink.evidence", fault.evidence ?? "")])
                ]
            }
            guard let recovered = fault.recoveredAt else { return [injection] }
            let recovery = child(
                "recovery from \(fault.id)", ["recovery", fault.id], from: end, to: max(recovered, end),
                Array(attributes.prefix(3)), Span.Status(code: 1))
            return [injection, recovery]
        }

        private func child(
            _ name: String, _ words: [String], from start: Double, to end: Double, _ attributes: [OTLP.Attribute],
            _ status: Span.Status = Span.Status(code: 0)
        ) -> Span {
            Span(
                traceId: trace, spanId: OTLP.id(["span", result.run] + words, bytes: 8), parentSpanId: root, name: name,
                startTimeUnixNano: time(start), endTimeUnixNano: time(max(start, end)), attributes: attributes,
                status: status)
        }

        private func time(_ seconds: Double) -> String { "\(clock.nanoseconds(seconds))" }
    }
}
