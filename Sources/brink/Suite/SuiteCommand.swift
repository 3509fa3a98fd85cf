import ArgumentParser

struct SuiteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suite", abstract: "List and run many scenarios: those that come with Brink, or those of files.",
        subcommands: [SuiteListCommand.self, SuiteRunCommand.self, SuitePagesCommand.self])
}
