import ArgumentParser
import Faults
import Reports
import Scenarios

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of scenarios or profiles, for editors, or of result.json.",
        discussion: "Example: brink schema > brink-v1.schema.json")

    enum Subject: String, ExpressibleByArgument, CaseIterable {
        case scenario
        case profile
        case result
    }

    @Argument(help: "scenario, profile or result.") var subject = Subject.scenario

    func run() throws {
        switch subject {
        case .scenario: print(ScenarioSchema(faults: FaultRegistry.schemas).text)
        case .profile: print(ProfileSchema().text)
        case .result: print(ResultSchema.text)
        }
    }
}
