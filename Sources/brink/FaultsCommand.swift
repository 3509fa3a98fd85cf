import ArgumentParser
import Faults
import Foundation
import Scenarios

struct FaultsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults", abstract: "List every kind of fault with its parameters and units.",
        discussion: "Example: brink faults --format json | jq '.[].name'")

    @Option(help: "text or json.") var format = OutputFormat.text
    @Flag(help: "Print the table of the README instead.") var table = false

    private struct Row: Encodable {
        struct Parameter: Encodable {
            let name: String
            let form: String
            let required: Bool
            let `default`: String?
            let summary: String
        }

        let name: String
        let summary: String
        let targetKinds: [String]
        let parameters: [Parameter]
        let requirements: [String]
        let verifiedBy: String
        let undoneBy: String

        init(_ schema: FaultSchema) {
            name = schema.name
            summary = schema.summary
            targetKinds = schema.targets.sorted().map(\.rawValue)
            parameters = schema.parameters.map {
                Parameter(
                    name: $0.name, form: $0.form, required: $0.isRequired, default: $0.defaultValue,
                    summary: $0.summary)
            }
            requirements = schema.requirements
            verifiedBy = schema.verifiedBy
            undoneBy = schema.undoneBy
        }
    }

    func run() throws {
        let schemas = FaultRegistry.schemas
        if table { return print(FaultTable.markdown(schemas)) }
        switch format {
        case .json: print(try OutputFormat.json(schemas.map(Row.init)))
        case .text:
            for schema in schemas {
                print("\(schema.name)  (\(schema.targets.sorted().map(\.rawValue).joined(separator: ", ")))")
                print("    \(schema.summary)")
                for parameter in schema.parameters {
                    let need = parameter.isRequired ? "required" : parameter.defaultValue.map { "default \($0)" } ?? ""
                    print("    \(parameter.name): \(parameter.form) [\(need)] \(parameter.summary)")
                }
                print("    verified by: \(schema.verifiedBy)")
                print("    undone by: \(schema.undoneBy)\n")
            }
        }
    }
}
