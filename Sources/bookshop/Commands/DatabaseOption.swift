import ArgumentParser
import Foundation

/// Where the database is.
struct DatabaseOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The libpq connection string, as host=… dbname=… or postgresql://….",
            discussion: "Prefer the environment variable BOOKSHOP_DATABASE when it holds a password: every user can "
                + "read the arguments of a process.",
            valueName: "conninfo"))
    var database: String?

    /// - Throws: `ValidationError` when neither the option nor the variable is set.
    func connectionString() throws -> String {
        guard let string = database ?? ProcessInfo.processInfo.environment["BOOKSHOP_DATABASE"], !string.isEmpty else {
            throw ValidationError("no database: use --database or set BOOKSHOP_DATABASE")
        }
        return string
    }
}
