import ArgumentParser
import Faults
import Scenarios
import Spelling

struct FaultsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults", abstract: "List every kind of fault with its parameters, units and requirements.",
        discussion: """
            Examples:
              brink faults postgres.kill
              brink faults --format json | jq '.[].name'
            """)

    @Argument(help: "Only of these kinds; all when left out.") var names: [String] = []
    @Option(help: "text or json.") var format = OutputFormat.text
    @Flag(help: "Print the table of the README instead.") var table = false

    func run() throws {
        let schemas = try wanted()
        if table { return print(FaultTable.markdown(schemas)) }
        switch format {
        case .json: print(try OutputFormat.json(FaultListing.rows(schemas)))
        case .text: print(FaultListing.text(schemas))
        }
    }

    private func wanted() throws -> [FaultSchema] {
        let schemas = FaultRegistry.schemas
        guard !names.isEmpty else { return schemas }
        return try names.map { name in
            if let schema = schemas.first(where: { $0.name == name }) { return schema }
            let suggestion = Spelling.suggestion(for: name, among: schemas.map(\.name))
            throw ValidationError("there is no fault \(name)\(suggestion); brink faults lists all")
        }
    }
}
