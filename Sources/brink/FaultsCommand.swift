import ArgumentParser
import Faults

struct FaultsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults", abstract: "List every kind of fault with its parameters, units and requirements.",
        discussion: "Example: brink faults --format json | jq '.[].name'")

    @Option(help: "text or json.") var format = OutputFormat.text
    @Flag(help: "Print the table of the README instead.") var table = false

    func run() throws {
        let schemas = FaultRegistry.schemas
        if table { return print(FaultTable.markdown(schemas)) }
        switch format {
        case .json: print(try OutputFormat.json(FaultListing.rows(schemas)))
        case .text: print(FaultListing.text(schemas))
        }
    }
}
