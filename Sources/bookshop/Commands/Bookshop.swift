import ArgumentParser

/// The command `bookshop`.
struct Bookshop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bookshop",
        abstract: "A small book shop with a GraphQL interface: the service that Brink breaks.",
        discussion: "Exit codes: 0 stopped as asked, 64 wrong usage, 69 port or database unavailable, 70 internal.",
        subcommands: [ServeCommand.self, MigrateCommand.self],
        defaultSubcommand: ServeCommand.self)
}
