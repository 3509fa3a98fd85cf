import Events

/// Names and texts as somebody could choose them who wants a report to do something.
enum HostileText {
    static let all = [
        "<script>alert(1)</script>", "\"><img src=x onerror=\"alert(1)\">", "' onmouseover='alert(1)",
        // A combining mark makes one character of itself and the quote before it.
        "\"\u{0301} onfocus=\"alert(1)", "& &amp; &lt;", "bell\u{07} escape\u{1B}[31m nul\u{00} next\u{85}",
        "a|b`c*d_e[f](g)\n# heading\r\n", "{{why}} {{{style}}}", "right\u{202E}tfel", "]]> --> \u{FFFE}\u{FFFF}",
    ]

    /// A run in which everything that can be named is named so.
    private static func outage(_ text: String) -> Outage {
        var outage = Outage(target: text, stretches: [.init(door: .broken, start: 2, end: 3)], isOver: true)
        outage.fault = text
        return outage
    }

    static func events(_ text: String) -> [RunEvent] {
        [
            RunEvent(
                0,
                .started(
                    RunStart(
                        format: 1, run: text, scenario: text, why: text, seed: .max, startedAt: text,
                        brinkVersion: text, environment: [text: text], phases: [:],
                        faults: [.init(id: text, name: text, target: text, schedule: text)], checks: [text: text],
                        expectations: [text: text, "other \(text)": text]))),
            RunEvent(1, .phase(.init(.run))),
            RunEvent(1.1, .fault(.init(id: text, state: .injected, detail: text))),
            RunEvent(1.2, .fault(.init(id: text, state: .verified, detail: text))),
            RunEvent(
                1.3,
                .write(
                    .init(owner: text, subject: text, prior: text, value: text, isUndo: false, outcome: text))),
            RunEvent(1.5, .sample(.init(values: ["\(text).memory.current": 1e6, "latency.p99": .infinity]))),
            RunEvent(1.6, .sample(.init(values: ["\(text).memory.current": 2e6, "latency.p99": .nan]))),
            RunEvent(1.7, .window(.init(start: 0, end: 1.7, holds: false, values: [:], failing: [text]))),
            RunEvent(
                1.75,
                .oomKill(
                    .init(
                        target: text, role: .bystander,
                        victim: .init(pid: 1, name: text, cgroup: text), limitedBy: text, events: [text: 1],
                        lead: .init(
                            target: text, times: [-1, -0.5], series: ["current": [1, 2], text: [nil, .infinity]])))),
            RunEvent(
                1.78,
                .load(.init(phase: .run, requests: 1, latency: [text: 1, "p99": .infinity], errors: [text: 1]))),
            RunEvent(4, .outage(outage(text))),
            RunEvent(4, .serverLog(ServerLogLine(target: text, at: 3, severity: "LOG", text: text))),
            RunEvent(
                4,
                .dataSafety(
                    DataSafetyFinding(
                        check: .bank, verdict: .fail, figures: [text: 1], findings: [text], notes: [text]))),
            RunEvent(
                4,
                .bypass(
                    BypassFinding(
                        service: text, verdict: .fail, figures: [text: 1], findings: [text], notes: [text]))),
            RunEvent(
                1.8,
                .ledger(
                    .init(
                        sent: 1, acked: 1, failed: 0, unknown: 0, stored: 0, lost: 1, phantom: 0, unknownStored: 0,
                        lostKeys: [text]))),
            RunEvent(
                2,
                .expectation(
                    .init(
                        id: text, that: text, verdict: .fail, values: [text: 1, "endless": .infinity], detail: text))),
            RunEvent(2, .message(.init(.error, text))),
            RunEvent(
                3,
                .ended(
                    .init(
                        verdict: .fail, reason: text, exitCode: 10, hostRestored: false, residues: [text], changes: 1))),
        ]
    }
}
