import Testing

@testable import Scenarios

/// What a target profile says, and where its mistakes are.
@Suite struct ProfileReaderTests {
    private let good = """
        apiVersion: brink/v1
        profile: shop
        service:
          program: "{folder}/bin/shop"
          arguments: ["--port={port}", "--wait={checkoutTimeout.ms}"]
          environment: {DATABASE_URL: "{databaseURL}"}
          schema: schema.sql
          ready: /ready
        load:
          endpoint: /graphql
          rate: 50%
          timeout: 40s
          requests:
            book:
              weight: 3
              query: "query($id: Int!) { book(id: $id) { id } }"
              variables: {id: "{random:1..10}", list: [1, true, ~, "7"]}
              answer: data.book.id
              equals: "{random:1..10}"
            order: {write: true, post: /orders, body: {key: "{key}"}, answer: key}
          stored: SELECT key FROM orders WHERE starts_with(key, $1)
          errors: {poolTimeout: no connection}
        names: {bookshop.books: public.books}
        """

    private func read(_ text: String) throws(InvalidScenario) -> TargetProfile {
        try ProfileReader.read(
            text, file: "p.yaml", folder: "/srv", fileText: { $0 == "/srv/schema.sql" ? "CREATE TABLE t ()" : nil })
    }

    @Test func readsAWholeProfile() throws {
        let profile = try read(good)
        #expect(profile.name == "shop")
        #expect(profile.program.path.parts == [.name("folder"), .literal("/bin/shop")])
        #expect(profile.program.schema == "CREATE TABLE t ()")
        #expect(profile.program.startTimeout == .seconds(60))
        #expect(profile.requests.rate == 0.5)
        #expect(profile.requests.timeout == .seconds(40))
        #expect(profile.requests.errors == ["poolTimeout": "no connection"])
        #expect(profile.names == ["bookshop.books": "public.books"])
        let (book, order) = (profile.requests.kinds[0], profile.requests.kinds[1])
        #expect(book.weight == 3)
        #expect(book.answer == ["data", "book", "id"])
        guard case .graphQL(_, .object(let variables)) = book.content else { Issue.record("no GraphQL"); return }
        #expect(
            variables["list"] == .list([.number("1"), .flag(true), .null, .text(try PlaceholderText("7", names: []))]))
        #expect(order.isWrite)
        #expect(order.drawnParts == [.literal("/orders"), .name("key")])
    }

    /// Each with the line and column of what is wrong.
    @Test(arguments: [
        ("ready: /ready", "ready: ready", "p.yaml:8:10: ready must be a path that begins with /"),
        ("{port}", "{prot}", "p.yaml:5:23: an argument: \"{prot}\" has no value here"),
        ("{port}", "{port", "p.yaml:5:23: an argument: a placeholder has no end"),
        ("schema.sql", "other.sql", "p.yaml:7:11: schema: /srv/other.sql cannot be read"),
        ("\"{folder}/bin/shop\"", "bin/shop", "p.yaml:4:12: program must be absolute"),
        ("rate: 50%", "rate: fast", "p.yaml:11:9: rate must be a share"),
        ("weight: 3", "weight: 0", "p.yaml:15:15: weight must be a number above 0"),
        ("weight: 3", "wieght: 3", "unknown key \"wieght\" in request book"),
        ("answer: data.book.id", "answer: data..id", "p.yaml:18:15: answer must be a path"),
        ("{random:1..10}\", list", "{random:10..1}\", list", "\"{random:10..1}\" has no value here"),
        ("{random:1..10}\", list", "{key}\", list", "\"{key}\" has no value here"),
        ("body: {key: \"{key}\"}", "body: {}", "must store its {key}"),
        ("post: /orders", "post: /orders, get: /o", "exactly one of query, get, post"),
        ("starts_with(key, $1)", "true", "p.yaml:21:11: stored must use $1"),
        ("  stored: SELECT key FROM orders WHERE starts_with(key, $1)\n", "", "load needs \"stored\""),
        ("  endpoint: /graphql\n", "", "load needs \"endpoint\""),
        ("poolTimeout", "poolTimeuot", "no class of errors is called \"poolTimeuot\""),
        ("profile: shop", "profile: 7", "profile must start with a letter"),
        ("brink/v1", "brink/v2", "p.yaml:1:13: apiVersion must be brink/v1"),
    ])
    func findsMistakes(_ part: String, _ wrong: String, _ expected: String) throws {
        let text = good.replacing(part, with: wrong, maxReplacements: 1)
        try #require(text != good)
        do throws(InvalidScenario) {
            _ = try read(text)
            Issue.record("accepted")
        } catch {
            #expect(error.diagnostics.contains { $0.description.contains(expected) }, "\(error.diagnostics)")
        }
    }

    @Test func listsEveryMistakeAtOnce() {
        let text = good.replacing("{port}", with: "{prot}").replacing("rate: 50%", with: "rate: no")
        do throws(InvalidScenario) {
            _ = try read(text)
            Issue.record("accepted")
        } catch {
            #expect(error.diagnostics.map(\.line) == [5, 11])
        }
    }

    @Test func bracesThemselves() throws {
        let text = try PlaceholderText("{{a}} {port}", names: ["port"])
        #expect(text.filled { _ in "80" } == "{a} 80")
    }

    /// The schema knows every key that the reader takes.
    @Test func theSchemaIsComplete() {
        let text = ProfileSchema().text
        let keys = ProfileReader.keys + ProfileReader.programKeys + ProfileReader.loadKeys + ProfileReader.requestKeys
        for key in keys { #expect(text.contains("\"\(key)\""), "\(key)") }
    }
}
