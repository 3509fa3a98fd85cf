import Faults
import Scenarios
import Testing

@Suite struct CaseExpansionTests {
    private func read(_ text: String) throws(InvalidScenario) -> [Scenario] {
        try ScenarioReader.readAll(text, file: "s.yaml", faults: FaultRegistry.schemas)
    }

    private func mistakes(_ text: String) -> [String] {
        do throws(InvalidScenario) {
            _ = try read(text)
            return []
        } catch {
            return error.diagnostics.map(\.description)
        }
    }

    private func text(_ head: String, fault: String = "{id: f, at: 1s, $(kind): $(with)}") -> String {
        """
        apiVersion: brink/v1
        id: a.$(name)
        targets: {app: {cgroup: x}}
        \(head)
        faults: [\(fault)]
        """
    }

    @Test func everyCaseWithEveryChoice() throws {
        let scenarios = try read(
            """
            apiVersion: brink/v1
            id: a.$(name).$(share)
            why: "With $(share) of it: $(words)."
            targets: {app: {cgroup: x}}
            defaults: {words: nothing more}
            matrix: {share: [70, 80]}
            cases:
            - {name: high, knob: memory.high}
            - {name: max, knob: memory.max, words: the rest is gone}
            faults:
            - {id: f, at: 1s, $(knob): {target: app, value: $(share)%}}
            """)
        #expect(scenarios.map(\.id).sorted() == ["a.high.70", "a.high.80", "a.max.70", "a.max.80"])
        #expect(scenarios.first { $0.id == "a.max.80" }?.why == "With 80 of it: the rest is gone.")
        #expect(scenarios.first { $0.id == "a.high.70" }?.why == "With 70 of it: nothing more.")
    }

    @Test func valuesMayBeMappingsAndLists() throws {
        let scenarios = try read(
            """
            apiVersion: brink/v1
            id: a.$(name)
            targets: {app: {cgroup: x}}
            defaults: {more: [], for: 2s}
            cases:
            - {name: one, hit: {memory.high: {target: app, value: 70%}}}
            - name: two
              for: ~
              hit: {memory.reclaim: {target: app, size: 1MiB}}
              more: [{id: second, at: 2s, memory.max: {target: app, value: 90%}}, {id: third, at: 3s, cgroup.kill: {target: app}}]
            faults:
            - {id: first, at: 1s, for: $(for), <<: $(hit)}
            - $(more)
            """)
        #expect(scenarios.map(\.id) == ["a.one", "a.two"])
        #expect(scenarios[0].faults.map(\.name) == ["memory.high"])
        #expect(scenarios[0].faults[0].duration == .seconds(2))
        // `~` leaves the entry out, and a list is spliced in.
        #expect(scenarios[1].faults.map(\.id) == ["first", "second", "third"])
        #expect(scenarios[1].faults[0].duration == .zero)
    }

    @Test func aTextWithoutCasesIsItself() throws {
        let scenarios = try read(
            """
            apiVersion: brink/v1
            id: plain
            why: "$(this) stays"
            targets: {app: {cgroup: x}}
            faults: [{id: f, at: 1s, memory.high: {target: app, value: 70%}}]
            """)
        #expect(scenarios.map(\.why) == ["$(this) stays"])
    }

    /// Mistakes are shown where they were written, once however many cases share them.
    @Test(arguments: [
        (
            "cases: [{name: x, kind: memory.hihg, with: {target: app, value: 1MiB}}]",
            ["s.yaml:4:25: unknown key \"memory.hihg\" in a fault (did you mean \"memory.high\"?)"]
        ),
        (
            "cases: [{name: x, kind: memory.high, with: {target: app, value: many}}]",
            ["s.yaml:4:65: memory.high.value must be"]
        ),
        (
            "cases: [{name: x, kind: memory.high}]",
            ["s.yaml:5:35: no case gives a value for $(with)"]
        ),
        (
            "cases: [{name: x, kind: memory.high, with: {target: app, value: 70%}, extra: 1}]",
            ["s.yaml:4:78: $(extra) is used nowhere"]
        ),
        (
            "cases: [{name: x, kind: memory.high, with: {target: app, value: 70%}}, {name: x, kind: memory.max, with: {target: app, value: 70%}}]",
            ["two scenarios are called a.x"]
        ),
        ("cases: []", ["s.yaml:4:8: cases must have at least one"]),
        (
            "matrix: {name: [$(name)], kind: [memory.high], with: [{target: app, value: 70%}]}",
            ["placeholders within placeholders do not end"]
        ),
    ])
    func mistakesHaveTheirPlace(_ head: String, _ expected: [String]) {
        let found = mistakes(text(head))
        for expectation in expected {
            #expect(found.contains { $0.contains(expectation) }, "\(expectation): \(found)")
        }
    }

    @Test func aHundredThousandAreTooMany() {
        let numbers = (0..<60).map(String.init).joined(separator: ", ")
        let head = "matrix: {name: [\(numbers)], kind: [\(numbers)], with: [\(numbers)]}"
        #expect(mistakes(text(head)).contains { $0.contains("more than 500 scenarios") })
    }

    @Test func whatAScenarioSaysOfItself() throws {
        let body = "targets: {app: {cgroup: x}}\nfaults: [{id: f, at: 1s, memory.high: {target: app, value: 70%}}]"
        let about = try read(
            """
            apiVersion: brink/v1
            id: plain
            domain: cache
            category: flaky
            flakiness: {rate: 10%, reason: it depends on the weather}
            needs: [controller:memory, module:sch_netem]
            tags: [quick]
            alone: true
            \(body)
            """
        )[0].about
        #expect(about.domain == .cache)
        #expect(about.flakiness?.rate == 0.1)
        #expect(about.needs.map(\.description) == ["controller:memory", "module:sch_netem"])
        #expect(about.tags == ["quick"] && about.isAlone)
        let head = "apiVersion: brink/v1\nid: plain\n"
        for (line, expected) in [
            ("domain: cashe", "did you mean \"cache\"?"), ("category: flaky", "needs flakiness: {rate, reason}"),
            ("category: flaky\nflakiness: {rate: 50%, reason: x}", "rate must be a share of runs from 5% to 20%"),
            ("needs: [memory]", "a need must be one of controller:NAME"),
        ] {
            let found = mistakes(head + line + "\n" + body)
            #expect(found.contains { $0.contains(expected) }, "\(found)")
        }
    }
}
