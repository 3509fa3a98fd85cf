import Events
import Faults
import Foundation
import LinuxSystem
import Testing

/// What people and scripts see of the command line: what is printed where, and the exit code.
@Suite struct CommandTests {
    /// One call with what is expected of it.
    struct Call: CustomTestStringConvertible {
        let arguments: [String]
        let code: Int32
        /// Each on standard output.
        var output: [String] = []
        /// Each on standard error.
        var errors: [String] = []

        init(_ arguments: String..., code: Int32, output: [String] = [], errors: [String] = []) {
            self.arguments = arguments
            self.code = code
            self.output = output
            self.errors = errors
        }

        var testDescription: String { "brink \(arguments.joined(separator: " "))" }
    }

    private static let showpiece = "cascade.pool-and-database"

    private static let bad = """
        apiVersion: brink/v1
        id: bad
        targets: {app: {cgroup: x}}
        faults: [{id: f, at: 1s, memory.hihg: {target: app, value: 1MiB}}]
        """

    private static let mistake = "bad.yaml:4:26: unknown key \"memory.hihg\" in a fault (did you mean \"memory.high\"?)"

    @Test(arguments: [
        Call("--version", code: 0, output: ["0."]),
        Call("--help", code: 0, output: ["Exit codes", "brink doctor"]),
        Call("plan", showpiece, code: 0, output: ["write: ", "undo:  ", "memory.high"]),
        Call("faults", code: 0, output: ["memory.high", "undone by: "]),
        Call("faults", "--table", code: 0, output: ["| `memory.high` |"]),
        Call("faults", "postgres.kill", code: 0, output: ["postgres.kill  (postgres)"]),
        Call("schema", code: 0, output: ["https://json-schema.org/draft/2020-12/schema"]),
        Call("validate", showpiece, code: 0, output: ["ok: \(showpiece)"]),
        Call("verify", "--state-dir", "nowhere", code: 0, output: ["0 changes checked, 0 left"]),
        // Usage: 64.
        Call(code: 0, output: ["SUBCOMMANDS"]),
        Call("rum", code: 64, errors: ["rum"]),
        Call("run", code: 64, errors: ["scenario"]),
        Call("run", showpiece, "--sead", "1", code: 64, errors: ["--sead"]),
        Call("run", showpiece, "--seed", "many", code: 64, errors: ["many"]),
        Call("run", showpiece, "--weakness", "laziness", code: 64, errors: ["no-reconnect"]),
        Call(
            "run", showpiece, "--weakness", "no-reconnect", "--profile", "own.yaml", code: 64,
            errors: ["leave out one of the two"]),
        Call("init", "--program", "/bin/x", code: 64, errors: ["--profile"]),
        Call("faults", "--format", "xml", code: 64, errors: ["xml"]),
        Call("faults", "memory.hihg", code: 64, errors: ["did you mean \"memory.high\"?"]),
        Call("squeeze", "app", code: 64, errors: ["--slo"]),
        Call("run", showpiece, "--gate", code: 64, errors: ["--baseline"]),
        Call("run", showpiece, "--baseline", "none", "--state-dir", "nowhere", code: 64, errors: ["no baseline none"]),
        Call("baseline", "save", "a/b", code: 64, errors: ["no name for a baseline"]),
        Call("baseline", "save", "a", "--runs", "1", code: 64, errors: ["--runs"]),
        Call("baseline", "save", "a", "--window", "soon", code: 64, errors: ["--window"]),
        Call("baseline", "list", "--state-dir", "nowhere", code: 0),
        Call(
            "baseline", "compare", "a", "b", "--state-dir", "nowhere", code: 64, errors: ["brink baseline save NAME"]),
        Call("report", "nowhere", code: 64, errors: ["nowhere"]),
        Call("report", code: 64, errors: ["give one folder"]),
        Call("report", "--compare", "a", code: 64, errors: ["two with --compare"]),
        Call("report", "--trend", "a", code: 64, errors: ["none with --trend"]),
        Call("report", "a", "--export", "pdf", code: 64, errors: ["openmetrics"]),
        Call("history", "--since", "yesterday", code: 64, errors: ["12h, 7d or 4w"]),
        Call("history", "--domain", "weather", code: 64, errors: ["there is no domain 'weather'"]),
        Call("suite", "run", showpiece, "--repeat", "0", code: 64, errors: ["--repeat must be from 1"]),
        Call("suite", "run", showpiece, "--pass", "3-of-2", code: 64, errors: ["--pass"]),
        Call(
            "suite", "run", showpiece, "--repeat", "5", "--pass", "2-of-3", code: 64,
            errors: ["--pass 2-of-3 is about 3 attempts, --repeat about 5"]),
        // A bad scenario: 65, before anything else is looked at.
        Call("validate", "bad.yaml", code: 65, output: [mistake]),
        Call("plan", "bad.yaml", code: 65, errors: [mistake]),
        Call("run", "bad.yaml", code: 65, errors: [mistake]),
        Call("run", "nowhere.yaml", code: 65, errors: ["nowhere.yaml:1:1: ", "give a file, a shipped scenario"]),
        // Every file is looked at, whatever is wrong with those before it.
        Call(
            "validate", "nowhere.yaml", "bad.yaml", showpiece, code: 65,
            output: ["nowhere.yaml:1:1: ", mistake, "ok: \(showpiece)"]),
    ])
    func says(_ call: Call) throws {
        let brink = try BrinkProgram()
        _ = try brink.write("bad.yaml", Self.bad)
        let result = try brink.run(call.arguments)
        #expect(result.code == call.code, "\(result.all)")
        for text in call.output { #expect(result.output.contains(text), "\(text): \(result.all)") }
        for text in call.errors { #expect(result.errors.contains(text), "\(text): \(result.all)") }
        // Results on one, trouble on the other.
        if call.output.isEmpty { #expect(result.output.isEmpty, "\(result.output)") }
        if call.errors.isEmpty { #expect(result.errors.isEmpty, "\(result.errors)") }
    }

    @Test(arguments: [
        "doctor", "init", "faults", "schema", "validate", "plan", "run", "squeeze", "report", "history", "flake",
        "verify",
        "recover",
    ])
    func helpHasAnExample(_ command: String) throws {
        let result = try BrinkProgram().run([command, "--help"])
        #expect(result.code == 0)
        let start = result.output.firstRange(of: "Example")?.lowerBound
        let examples = try #require(start.map { result.output[$0...] }, "\(result.output)")
        #expect(examples.contains("brink \(command)"), "\(result.output)")
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completesInShells(_ shell: String) throws {
        let result = try BrinkProgram().run(["--generate-completion-script", shell])
        #expect(result.code == 0)
        for word in ["brink", "validate", "squeeze"] { #expect(result.output.contains(word)) }
    }

    // MARK: Listings

    private func rows(_ arguments: [String], codes: [Int32] = [0]) throws -> [[String: Any]] {
        let result = try BrinkProgram().run(arguments)
        #expect(codes.contains(result.code), "\(result.all)")
        return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
    }

    /// It gets as far as this machine: what the command line says is a whole scenario.
    @Test func aRunningTargetIsSqueezedUnderALoad() throws {
        let result = try BrinkProgram().run([
            "squeeze", "pid:\(getpid())", "descriptors", "--slo", "errors.rate < 1%", "--url", "http://127.0.0.1:9/",
            "--cgroup-root", "nowhere",
        ])
        #expect([69, 77].contains(result.code), "\(result.errors)")
        #expect(!result.errors.contains("steadyState"))
    }

    @Test func faultsAreAnArrayOfObjects() throws {
        let rows = try rows(["faults", "--format", "json"])
        #expect(rows.compactMap { $0["name"] as? String } == FaultRegistry.schemas.map(\.name))
        for row in rows {
            for key in ["summary", "targetKinds", "parameters", "requirements", "verifiedBy", "undoneBy"] {
                #expect(row[key] != nil, "\(key) of \(row["name"] ?? "")")
            }
        }
    }

    /// It exits 69 where something that every run needs is missing, and says the same.
    @Test func findingsAreAnArrayOfObjects() throws {
        let rows = try rows(["doctor", "--format", "json"], codes: [0, 69])
        #expect(rows.count > 5)
        for row in rows {
            #expect(["fine", "missing", "absent"].contains(row["state"] as? String ?? ""), "\(row)")
            #expect((row["name"] as? String)?.isEmpty == false)
        }
    }

    @Test(arguments: [["schema"], ["schema", "scenario"], ["schema", "result"]])
    func schemasAreObjects(_ arguments: [String]) throws {
        let result = try BrinkProgram().run(arguments)
        #expect(result.code == 0)
        let schema = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        // The one of scenarios is an object either way: with cases or without.
        let otherwise = schema?["else"] as? [String: Any]
        #expect((schema?["type"] ?? otherwise?["type"]) as? String == "object")
    }

    // MARK: Files

    @Test func initWritesAProfileThatValidates() throws {
        let brink = try BrinkProgram()
        let arguments = ["--program", "/usr/bin/node", "--argument", "/srv/a \"b\".js", "--argument", "--port={port}"]
        #expect(try brink.run(["init", "own", "--profile", "shop"] + arguments).code == 0)
        let result = try brink.run(["validate", "--profile", "own/shop.yaml", "network.link", "identity.issuer"])
        #expect(result.code == 0, "\(result.all)")
        #expect(result.output.contains("own/shop.yaml: ok"))
        // It has no writes to begin with.
        #expect(result.output.contains("not applicable: "), "\(result.all)")
        let wrong = try brink.run(["init", "own", "--profile", "other", "--program", "/bin/x", "--argument", "{prot}"])
        #expect(wrong.code == 64)
        #expect(wrong.errors.contains("\"{prot}\" has no value here"), "\(wrong.all)")
    }

    /// A line for each answer; an empty one takes what is offered.
    @Test func initAsksForAProfile() throws {
        let brink = try BrinkProgram()
        _ = try brink.write("own/tables.sql", "CREATE TABLE orders (key text PRIMARY KEY);\n")
        let answers = [
            "/usr/bin/node", "/srv/shop/main.js", "--port={port}", "", "/healthz", "tables.sql", "",
            "query($id: Int!) { item(id: $id) { name } }", "data.item.name",
            "mutation($key: String!) { order(key: $key) { key } }", "data.order.key", "",
        ]
        let input = try brink.write("answers", answers.joined(separator: "\n") + "\n")
        let made = try brink.run(["init", "own", "--profile", "shop", "--ask"], input: input)
        #expect(made.code == 0 && made.errors.contains("A query with the variable $id ["), "\(made.all)")
        let text = try SystemFile.readText("\(brink.folder)/own/shop.yaml")
        for line in [
            "program: /usr/bin/node", "arguments: [\"/srv/shop/main.js\", \"--port={port}\"]", "ready: \"/healthz\"",
            "schema: \"tables.sql\"", "endpoint: \"/graphql\"", "answer: \"data.item.name\"",
            "stored: \"SELECT key FROM orders WHERE starts_with(key, $1)\"",
        ] { #expect(text.contains(line), "\(line) is not in \(text)") }
        let result = try brink.run(["validate", "--profile", "own/shop.yaml", "network.link"])
        #expect(result.code == 0 && result.output.contains("own/shop.yaml: ok"), "\(result.all)")
        #expect(!result.output.contains("not applicable: needs writes"), "\(result.all)")
    }

    @Test func initWritesWhatValidatesAndOverwritesNothing() throws {
        let brink = try BrinkProgram()
        #expect(try brink.run(["init", "chaos"]).code == 0)
        #expect(try SystemFile.entries(of: "\(brink.folder)/chaos").sorted() == ["brink-v1.schema.json", "first.yaml"])
        #expect(try brink.run(["validate", "chaos/first.yaml"]).code == 0)
        #expect(try brink.run(["plan", "chaos/first.yaml"]).code == 0)
        let path = try brink.write("chaos/first.yaml", "mine")
        let again = try brink.run(["init", "chaos"])
        #expect(again.code == 0)
        #expect(again.output.contains("first.yaml is there already; left as it is"))
        #expect(try SystemFile.readText(path) == "mine")
    }

    @Test func reportsAreMadeAnewFromEvents() throws {
        let brink = try BrinkProgram()
        let events = [
            RunEvent(0, .phase(PhaseChange(.run))), RunEvent(1, .message(Message(.info, "all is well"))),
        ]
        let lines = try events.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        _ = try brink.write("run/events.jsonl", lines.joined(separator: "\n") + "\n")
        let result = try brink.run(["report", "run"])
        #expect(result.code == 0, "\(result.all)")
        #expect(result.output == "run/report.html\n")
        let names = try SystemFile.entries(of: "\(brink.folder)/run").sorted()
        #expect(names == ["events.jsonl", "junit.xml", "report.html", "result.json", "summary.md"])
    }

    // MARK: Settings

    private let small = "apiVersion: brink/v1\nid: small\nfaults: []\n"

    @Test func settingsFallThroughFromTheNearestFile() throws {
        let brink = try BrinkProgram()
        _ = try brink.write("brink.yaml", "stateDir: /outer/state\nout: /outer/out\n")
        _ = try brink.write("inner/brink.yaml", "out: /inner/out\n")
        _ = try brink.write("inner/deep/small.yaml", small)
        let plan = try brink.run(["plan", "small.yaml"], in: "inner/deep")
        #expect(plan.code == 0, "\(plan.all)")
        #expect(plan.output.contains("journal: /outer/state/RUN.journal; results: /inner/out/RUN"), "\(plan.output)")
        let flag = try brink.run(["plan", "small.yaml", "--out", "/flag"], in: "inner/deep")
        #expect(flag.output.contains("journal: /outer/state/RUN.journal; results: /flag/RUN"), "\(flag.output)")
    }

    @Test func variablesComeBeforeFilesAndAfterFlags() throws {
        let brink = try BrinkProgram(environment: ["BRINK_OUT": "/variable", "BRINK_STATE_DIR": "/variable"])
        _ = try brink.write("brink.yaml", "stateDir: /file\nout: /file\n")
        _ = try brink.write("small.yaml", small)
        let plan = try brink.run(["plan", "small.yaml", "--out", "/flag"])
        #expect(plan.output.contains("journal: /variable/RUN.journal; results: /flag/RUN"), "\(plan.all)")
    }

    @Test func misspeltSettingsAreReportedAllAtOnce() throws {
        let brink = try BrinkProgram()
        let outer = try brink.write("brink.yaml", "# Ours\nstateDri: /a\n")
        let inner = try brink.write("inner/brink.yaml", "out: [a]\n")
        _ = try brink.write("inner/small.yaml", small)
        let plan = try brink.run(["plan", "small.yaml"], in: "inner")
        #expect(plan.code == 64, "\(plan.all)")
        #expect(plan.errors.contains("\(outer):2:1: unknown key \"stateDri\" (did you mean \"stateDir\"?)"))
        #expect(plan.errors.contains("\(inner):1:6: out must be a folder"), "\(plan.errors)")
    }
}
