import Faults
import Scenarios
import Testing

@Suite struct ScenarioReaderTests {
    private func read(_ text: String) throws -> Scenario {
        try ScenarioReader.read(text, file: "s.yaml", faults: FaultRegistry.schemas)
    }

    private func mistakes(_ text: String) -> [String] {
        do throws(InvalidScenario) {
            _ = try ScenarioReader.read(text, file: "s.yaml", faults: FaultRegistry.schemas)
            return []
        } catch {
            return error.diagnostics.map(\.description)
        }
    }

    @Test func everyShippedScenarioIsRight() throws {
        var ids: Set<String> = []
        for file in Catalogue.files {
            let text = try #require(Catalogue.text(of: file))
            for scenario in try ScenarioReader.readAll(text, file: file, faults: FaultRegistry.schemas) {
                #expect(Catalogue.file(of: scenario.id) == file)
                #expect(ids.insert(scenario.id).inserted)
                #expect(!scenario.faults.isEmpty)
                #expect(!scenario.expectations.isEmpty)
            }
        }
    }

    /// What a catalogue owes its readers, and how much of it there is to be.
    @Test func theCatalogueIsWhole() throws {
        let all = try Catalogue.files.flatMap { file in
            try ScenarioReader.readAll(
                try #require(Catalogue.text(of: file)), file: file, faults: FaultRegistry.schemas)
        }
        for scenario in all {
            let about = scenario.about
            #expect(scenario.why.count > 20, "\(scenario.id)")
            #expect(about.expected.count > 20 && about.domain != nil, "\(scenario.id)")
            #expect(about.category == .stable || about.flakiness != nil, "\(scenario.id)")
            #expect(!scenario.why.contains("$(") && !about.expected.contains("$("), "\(scenario.id)")
        }
        #expect(all.count >= 150)
        #expect(Set(all.flatMap { $0.faults.map(\.name) }).count >= 60)
        #expect(Set(all.compactMap(\.about.domain)).count == 8)
        #expect(all.count { $0.about.tags.contains("quick") } >= 30)
    }

    @Test func readsWhatIsWritten() throws {
        let scenario = try read(
            """
            apiVersion: brink/v1
            id: a.b
            targets: {app: {cgroup: brink.slice/app}, link: {tcpProxy: {listen: "127.0.0.1:6432", upstream: "127.0.0.1:5432"}}}
            faults:
            - {id: squeeze, at: 1s, for: 45s, memory.high: {target: app, value: 256MiB}}
            - {id: lag, when: "app.memory.current > 1GiB for 2s", toxic.latency: {target: link, latency: 40ms}}
            """)
        #expect(scenario.faults[0].parameters.bytes("value") == 268_435_456)
        #expect(scenario.faults[0].trigger == .at(.seconds(1)))
        #expect(scenario.faults[0].duration == .seconds(45))
        #expect(scenario.faults[1].parameters.duration("jitter") == .zero)
        guard case .when(let condition) = scenario.faults[1].trigger else { Issue.record("no condition"); return }
        #expect(condition.sustained == .seconds(2))
    }

    @Test func recoveryShorterThanAWindowCouldNeverBeSeen() {
        let text = { (recovery: String, steady: String) in
            """
            apiVersion: brink/v1
            id: a
            phases: {recovery: \(recovery)}
            steadyState: {window: 5s, checks: {errors: "errors.rate < 1%"}\(steady)}
            faults: []
            """
        }
        #expect(mistakes(text("5s", "")) == [])
        #expect(mistakes(text("0s", "")) == [])
        #expect(mistakes(text("2s", ", after: false")) == [])
        #expect(mistakes(text("2s", "")).first?.contains("at least the steady state's window (5s)") == true)
    }

    @Test func samplingHasItsBounds() throws {
        let text = { (sampling: String, window: String) in
            """
            apiVersion: brink/v1
            id: a
            \(sampling)
            steadyState: {window: \(window), checks: {errors: "errors.rate < 1%"}}
            faults: []
            """
        }
        #expect(try read(text("", "5s")).sampling == .milliseconds(100))
        #expect(try read(text("sampling: 20ms", "5s")).sampling == .milliseconds(20))
        #expect(try read(text("sampling: 10s", "10s")).sampling == .seconds(10))
        for sampling in ["19ms", "11s", "fast"] {
            let found = mistakes(text("sampling: \(sampling)", "20s"))
            #expect(found == ["s.yaml:3:11: sampling must be a time from 20ms to 10s, such as 10s"])
        }
        let coarse = try #require(mistakes(text("sampling: 5s", "2s")).first)
        #expect(coarse.contains("no longer than the steady state's window (2s)"))
    }

    @Test func listsEveryMistakeWithItsPlace() {
        let found = mistakes(
            """
            apiVersion: brink/v2
            id: a
            target: {}
            targets: {app: {cgroup: x}}
            faults:
            - {id: f, at: 1s, memory.hihg: {target: app, value: 1MiB}}
            - {id: g, at: 1s, memory.high: {target: ap, value: lots}}
            - {id: g, at: 1s, toxic.latency: {target: app, latency: 1ms, jiter: 1ms}}
            - {id: h, memory.high: {target: app}}
            """)
        #expect(found.contains("s.yaml:1:13: apiVersion must be brink/v1"))
        #expect(found.contains("s.yaml:3:1: unknown key \"target\" in the scenario (did you mean \"targets\"?)"))
        #expect(found.contains("s.yaml:6:19: unknown key \"memory.hihg\" in a fault (did you mean \"memory.high\"?)"))
        #expect(found.contains("s.yaml:7:41: no target is called \"ap\" (did you mean \"app\"?)"))
        #expect(found.contains { $0.hasPrefix("s.yaml:7:52: memory.high.value must be: bytes") })
        #expect(found.contains("s.yaml:8:62: unknown key \"jiter\" in toxic.latency (did you mean \"jitter\"?)"))
        #expect(found.contains { $0.contains("toxic.latency needs a target that is a link; app is: cgroup, process") })
        #expect(
            found.contains { $0.hasPrefix("s.yaml:9:") && $0.contains("a fault needs \"at\", \"when\" or \"after\"") })
        #expect(!found.contains { $0.hasPrefix("s.yaml:6:3: a fault needs exactly one kind") })
        #expect(found.contains { $0.hasPrefix("s.yaml:9:") && $0.contains("memory.high needs \"value\"") })
    }

    @Test(arguments: [
        ("", "the file is empty"), ("a: [", "not YAML"), ("[]", "must be a mapping"),
        ("apiVersion: brink/v1", "needs \"id\""),
        ("\u{0}", "not YAML"),
        (
            "apiVersion: brink/v1\nid: a\nfaults: []\nservices: {a: {pgbouncer: {upstream: l}}}\ntargets: {l: {tcpProxy: {upstream: a}}}",
            "depends on itself"
        ),
        ("apiVersion: brink/v1\nid: a\nfaults: []\nload: {http: {rate: 5, url: \"http://x\"}}", "rate must be"),
        ("apiVersion: brink/v1\nid: a\nfaults: []\nload: {http: {rate: 5/s, url: \"http://x\"}}", "needs steadyState"),
        (
            "apiVersion: brink/v1\nid: a\nfaults: []\nneighbours: {ci: {cgroup: x, limit: \"ci.latncy < 1s\"}}",
            "unknown metric \"ci.latncy\" (did you mean \"ci.latency\"?)"
        ),
        ("apiVersion: brink/v1\nid: a\nfaults: []\nneighbours: {ci: {cgroup: x}}", "needs \"limit\""),
        (
            "apiVersion: brink/v1\nid: a\nfaults: []\nneighbours: {ci: {limit: \"ci.alive == 1\"}}",
            "needs one of service, cgroup"
        ),
        (
            "apiVersion: brink/v1\nid: a\nfaults: []\ntargets: {t: {cgroup: x}}\nneighbours: {t: {cgroup: y, limit: \"t.alive == 1\"}}",
            "a neighbour cannot be called t"
        ),
        ("apiVersion: brink/v1\nid: a\nid: b\nfaults: []", "given twice"),
        (
            "apiVersion: brink/v1\nid: a\nfaults: [{id: k, at: 1s, for: 2s, postgres.restart: {target: d}}]\ntargets: {d: {postgres: {data: /d}}}",
            "takes no \"for\""
        ),
        (
            "apiVersion: brink/v1\nid: a\nfaults: [{id: k, at: 1s, postgres.restart: {target: d}}]\ntargets: {d: {postgres: {data: /d}}}\nexpect: [{id: e, that: \"during(k, errors.rate) > 0\"}]",
            "happens at one moment"
        ),
        (
            "apiVersion: brink/v1\nid: a\nfaults: [{id: k, after: j, postgres.restart: {target: d}}]\ntargets: {d: {postgres: {data: /d}}}",
            "k comes after \"j\", and no fault is called so"
        ),
        (
            "apiVersion: brink/v1\nid: a\nfaults: [{id: k, after: l, postgres.restart: {target: d}}, {id: l, after: k, postgres.restart: {target: d}}]\ntargets: {d: {postgres: {data: /d}}}",
            "k comes after itself"
        ),
        (
            "apiVersion: brink/v1\nid: a\nfaults: [{id: k, at: 1s, after: l, postgres.restart: {target: d}}]\ntargets: {d: {postgres: {data: /d}}}",
            "one of \"at\", \"when\" and \"after\""
        ),
    ])
    func refuses(_ text: String, _ expected: String) {
        let found = mistakes(text)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    /// A client of an attached session says when a fault comes by naming it.
    @Test func aFaultByItselfComesNow() throws {
        let scenario = try ScenarioReader.read(
            "apiVersion: brink/v1\nid: a\nfaults: []\ntargets: {d: {postgres: {data: /d}}}", file: "s.yaml",
            faults: FaultRegistry.schemas)
        let read = { (text: String) throws(InvalidScenario) in
            try ScenarioReader.readFault(text, file: "f", of: scenario, faults: FaultRegistry.schemas)
        }
        let fault = try read("{id: k, postgres.restart: {target: d}}")
        #expect(fault.trigger == .at(.zero) && fault.duration == .zero)
        for key in ["when: \"errors.rate > 1%\"", "after: j"] {
            let error = #expect(throws: InvalidScenario.self) {
                try read("{id: k, \(key), postgres.restart: {target: d}}")
            }
            #expect(error?.diagnostics.first?.message.contains("leave \"\(key.prefix { $0 != ":" })\" out") == true)
        }
    }

    @Test func aNeighboursLimitIsAReasonToStop() throws {
        let text = """
            apiVersion: brink/v1
            id: a
            faults: []
            neighbours:
              ci: {pidFile: /run/ci.pid, limit: "ci.oomKills == 0 and ci.cpu.pressure.some.share < 20%"}
              web: {url: "http://127.0.0.1:1/", limit: "web.latency < 200ms for 1s"}
            """
        let scenario = try ScenarioReader.read(text, file: "s.yaml", faults: FaultRegistry.schemas)
        #expect(scenario.neighbours.map(\.place) == [.pidFile("/run/ci.pid"), nil])
        #expect(scenario.aborts.map(\.neighbour) == ["ci", "web"])
        let holds = { (index: Int, values: [String: Double]) in
            scenario.aborts[index].condition.expression.evaluate { operand in
                if case .metric(let name) = operand { values[name] } else { nil }
            }
        }
        #expect(holds(0, ["ci.oomKills": 0, "ci.cpu.pressure.some.share": 0.1]) == false)
        #expect(holds(0, ["ci.oomKills": 0, "ci.cpu.pressure.some.share": 0.3]) == true)
        // One half that is over is enough, though the other is not known.
        #expect(holds(0, ["ci.oomKills": 1]) == true)
        #expect(holds(0, [:]) == nil)
        #expect(scenario.aborts[1].condition.sustained == .seconds(1))
        #expect(scenario.aborts[1].reason == "neighbour budget: web no longer meets web.latency < 200ms for 1s")
    }

    @Test func theSchemaKnowsEveryFault() {
        let schema = ScenarioSchema(faults: FaultRegistry.schemas).text
        for fault in FaultRegistry.schemas { #expect(schema.contains("\"\(fault.name)\"")) }
    }
}
