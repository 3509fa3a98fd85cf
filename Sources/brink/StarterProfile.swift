/// What `brink init --profile` writes: the profile of a service, with remarks on what to change.
struct StarterProfile {
    var name: String
    var program = "/usr/bin/env"
    var arguments: [String] = []
    var ready = "/ready"
    /// Run once as the database's owner, before the service starts; nil for none.
    var schema: String?
    var endpoint = "/graphql"
    var query = "query($id: Int!) { book(id: $id) { id } }"
    var answer = "data.book.id"
    /// A request that writes the key it is given; nil for none.
    var write: Write?

    struct Write {
        var mutation: String
        var answer: String
        /// Reads the keys back that begin with $1.
        var stored: String
    }

    private static func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }

    private func quoted(_ text: String) -> String { Self.quoted(text) }

    var text: String {
        """
        # yaml-language-server: $schema=./brink-profile-v1.schema.json
        # Check it with `brink validate --profile FILE`, then `brink suite run --profile FILE`.
        apiVersion: brink/v1
        profile: \(name)
        service:
          # No shell: each argument is one word. {folder} is where this file lies.
          program: \(program)
          arguments: [\(arguments.map(quoted).joined(separator: ", "))]
          # {databaseURL} or {database} (libpq's settings); {poolSize}, {checkoutTimeout} (seconds; {checkoutTimeout.ms}),
          # {statementTimeout} and {cacheTTL} are the scenario's.
          environment: {PORT: "{port}", DATABASE_URL: "{databaseURL}", POOL_SIZE: "{poolSize}"}
        \(schemaLine)
          ready: \(quoted(ready))
        load:
          endpoint: \(quoted(endpoint))
          requests:
            read:
              query: \(quoted(query))
              variables: {id: "{random:1..1000}"}
              answer: \(quoted(answer))
        \(writeLines)
        # What stands for bookshop's tables where a scenario locks or fills one.
        names: {bookshop.books: public.books}

        """
    }

    private var schemaLine: String {
        schema.map { "  schema: \(quoted($0))   # run once as the database's owner, before the start" }
            ?? "  # schema: schema.sql   # run once as the database's owner, before the start"
    }

    private var writeLines: String {
        guard let write else {
            return """
                    # write:
                    #   write: true
                    #   query: "mutation($key: String!) { placeOrder(key: $key) { key } }"
                    #   variables: {key: "{key}"}
                    #   answer: data.placeOrder.key
                  # stored: SELECT key FROM orders WHERE starts_with(key, $1)
                """
        }
        return """
                write:
                  write: true
                  query: \(quoted(write.mutation))
                  variables: {key: "{key}"}
                  answer: \(quoted(write.answer))
              stored: \(quoted(write.stored))
            """
    }
}
