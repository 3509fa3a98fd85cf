import ArgumentParser
import Faults
import Reports
import Scenarios

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of scenarios, for editors, or of result.json.",
        discussion: "Example: brink schema > brink-v1.schema.json")

    enum Subject: String, ExpressibleByArgument, CaseIterable {
        case scenario
        case result
    }

    @Argument(help: "scenario or result.") var subject = Subject.scenario

    func run() throws {
        switch subject {
        case .scenario: print(ScenarioSchema(faults: FaultRegistry.schemas).text)
        case .result: print(ResultSchema.text)
        }
    }
}
