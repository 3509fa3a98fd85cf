import Faults
import Scenarios
import Testing

@Suite struct UnitTargetTests {
    private func read(_ target: String, fault: String = "memory.high: {target: t, value: 1MiB}") throws -> Scenario {
        try ScenarioReader.read(
            """
            apiVersion: brink/v1
            id: a
            targets: {t: \(target)}
            faults: [{id: f, at: 0s, for: 1s, \(fault)}]
            """, file: "s.yaml", faults: FaultRegistry.schemas)
    }

    @Test(arguments: [
        "nginx.service", "web.slice", "libpod-3f2a.scope", "postgresql@15-main.service", "my\\x2dapp.service",
        "a:b_c.service", "-.slice",
    ])
    func wholeNamesAreRead(_ name: String) throws {
        #expect(try read("{unit: '\(name)'}").targets.first?.kind == .unit(name))
    }

    @Test(arguments: [
        "nginx", "nginx.socket", ".service", "ngin*.service", "a/b.service", "a b.service", "nginx.service.d", "",
        "nginx.Service", "größe.service",
    ])
    func othersAreMistakes(_ name: String) {
        let error = #expect(throws: InvalidScenario.self) { try read("{unit: '\(name)'}") }
        let texts = (error?.diagnostics ?? []).map(\.description)
        #expect(texts.contains { $0.hasPrefix("s.yaml:3:") && $0.contains("such as nginx.service") }, "\(texts)")
    }

    @Test func aUnitIsACgroupWithProcesses() throws {
        _ = try read("{unit: a.service}", fault: "rlimit.nofile: {target: t, value: 9}")
        let error = #expect(throws: InvalidScenario.self) {
            try read("{unit: a.service}", fault: "toxic.latency: {target: t, latency: 9ms}")
        }
        let said = "\(error?.diagnostics ?? [])"
        #expect(said.contains("t is: cgroup, process"))
    }

    @Test func theSchemaKnowsIt() {
        let schema = ScenarioSchema(faults: FaultRegistry.schemas).text
        #expect(schema.contains("^[A-Za-z0-9:_.\\\\\\\\@-]+\\\\.(service|scope|slice)$"))
    }
}
