import ArgumentParser
import Postgres

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Create the shop's tables and fill them, the same way every time.",
        discussion: "Can be repeated: what is there stays. There are no orders at first.")

    @OptionGroup var database: DatabaseOption

    @Option(help: "The number of books; a tenth as many authors, three times as many reviews.")
    var books = 1000

    func validate() throws {
        guard (1...10_000_000).contains(books) else { throw ValidationError("--books must be from 1 to 10000000") }
    }

    func run() async throws {
        let connectionString = try database.connectionString()
        do throws(PostgresError) {
            let session = try await PostgresSession.connect(
                connectionString, options: PostgresSessionOptions(applicationName: "bookshop-migrate"))
            defer { session.close() }
            try await ShopMigration(books: books).run(on: session)
        } catch {
            throw CommandExit.failure("cannot migrate: \(error.description)", CommandExit.unavailable)
        }
        print("bookshop: \(books) books in the shop")
    }
}
