import Faults
import Scenarios
import Testing

@Suite struct PassRuleTests {
    @Test(arguments: ["all", "any", "1-of-1", "2-of-3", "1000-of-1000"])
    func saysWhatItRead(_ text: String) throws {
        #expect(try #require(PassRule(text)).description == text)
    }

    @Test(arguments: [
        "", "some", "0-of-3", "4-of-3", "2-of-", "-of-3", "2of3", "2-of-1001", "2-of-3-of-4", "-1-of-2", "ALL",
    ])
    func refusesWhatMakesNoSense(_ text: String) {
        #expect(PassRule(text) == nil)
    }

    private func scenario(_ extra: String) throws -> Scenario {
        let text = "apiVersion: brink/v1\nid: small\n\(extra)\nfaults: []\n"
        return try ScenarioReader.read(text, file: "small.yaml", faults: FaultRegistry.schemas)
    }

    @Test func aScenarioMaySayIt() throws {
        #expect(try scenario("pass: 2-of-3").about.pass == .atLeast(2, of: 3))
        #expect(try scenario("").about.pass == nil)
        let error = try #require(throws: InvalidScenario.self) { try scenario("pass: 3-of-2") }
        #expect(error.diagnostics.map(\.description).joined().contains("small.yaml:3:7: pass must be all, any"))
    }
}
