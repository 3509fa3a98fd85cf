import ArgumentParser

struct BaselineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baseline",
        abstract: "Measure an undisturbed service, and tell whether it became slower.",
        discussion: """
            Example:
              brink baseline save before
              … change the service …
              brink baseline save after
              brink baseline compare before after
            """,
        subcommands: [
            BaselineSaveCommand.self, BaselineListCommand.self, BaselineShowCommand.self, BaselineCompareCommand.self,
            BaselinePairsCommand.self,
        ])
}
