/// What `brink init --profile` writes: the profile of a service, with remarks on what to change.
enum StarterProfile {
    static func text(name: String, program: String, arguments: [String]) -> String {
        let words = arguments.map { "\"\($0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\"" }
        return """
            # yaml-language-server: $schema=./brink-profile-v1.schema.json
            # Check it with `brink validate --profile FILE`, then `brink suite run --profile FILE`.
            apiVersion: brink/v1
            profile: \(name)
            service:
              # No shell: each argument is one word. {folder} is where this file lies.
              program: \(program)
              arguments: [\(words.joined(separator: ", "))]
              # {databaseURL} or {database} (libpq's settings); {poolSize}, {checkoutTimeout} (seconds; {checkoutTimeout.ms}),
              # {statementTimeout} and {cacheTTL} are the scenario's.
              environment: {PORT: "{port}", DATABASE_URL: "{databaseURL}", POOL_SIZE: "{poolSize}"}
              # schema: schema.sql   # run once as the database's owner, before the start
              ready: /ready
            load:
              endpoint: /graphql
              requests:
                book:
                  query: "query($id: Int!) { book(id: $id) { id } }"
                  variables: {id: "{random:1..1000}"}
                  answer: data.book.id
                # order:
                #   write: true
                #   query: "mutation($key: String!) { placeOrder(key: $key) { key } }"
                #   variables: {key: "{key}"}
                #   answer: data.placeOrder.key
              # stored: SELECT key FROM orders WHERE starts_with(key, $1)
            # What stands for bookshop's tables where a scenario locks or fills one.
            names: {bookshop.books: public.books}

            """
    }
}
