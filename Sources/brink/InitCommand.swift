import ArgumentParser
import Faults
import Harness
import LinuxSystem
import Scenarios

struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a first scenario, or a first target profile, and its schema into a folder.",
        discussion: """
            Examples: brink init chaos
                      brink init chaos --profile shop --ask
                      brink init chaos --profile shop --program /usr/bin/node --argument /srv/shop/main.js
            Overwrites nothing.
            """)

    @Argument(help: "The folder; it is made when it is missing.") var folder = "."

    @Option(help: ArgumentHelp("Write the profile of a service of this name instead.", valueName: "name"))
    var profile: String?

    @Option(help: ArgumentHelp("Absolute path of the service's program.", valueName: "path"))
    var program: String?

    @Option(
        name: .customLong("argument"), parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "An argument of the program, with placeholders such as {port}; repeatable.", valueName: "word"))
    var arguments: [String] = []

    @Option(help: ArgumentHelp("The path that answers 200 once the service is ready.", valueName: "path"))
    var ready: String?

    @Option(help: ArgumentHelp("A file with SQL for its tables, run before the service starts.", valueName: "file"))
    var sql: String?

    @Option(help: ArgumentHelp("The path of its GraphQL.", valueName: "path")) var endpoint: String?

    @Flag(help: "Ask for what the profile needs, a line for each answer.") var ask = false

    func validate() throws {
        let hasDetails = program != nil || ready != nil || sql != nil || endpoint != nil || !arguments.isEmpty || ask
        if profile == nil, hasDetails {
            throw ValidationError("--program, --argument, --ready, --sql, --endpoint and --ask belong to --profile")
        }
        if let program, !program.hasPrefix("/"), !program.hasPrefix("{folder}/") {
            throw ValidationError("--program must be absolute: no shell and no PATH is used")
        }
    }

    private func starter(_ name: String) -> StarterProfile {
        var starter = StarterProfile(name: name)
        starter.program = program ?? starter.program
        starter.arguments = arguments
        starter.ready = ready ?? starter.ready
        starter.schema = sql
        starter.endpoint = endpoint ?? starter.endpoint
        guard ask else { return starter }
        return ProfileInterview(ask: { StandardError.write($0) }, answer: { readLine() }).fill(starter)
    }

    func run() throws {
        let files: [(String, String)]
        if let profile {
            let text = starter(profile).text
            do throws(InvalidScenario) {
                // A file of its own that it names may still have to be written.
                _ = try ProfileReader.read(text, file: "\(profile).yaml", folder: folder, fileText: { _ in "" })
            } catch {
                for diagnostic in error.diagnostics { Console.progress("\(diagnostic)") }
                throw Console.fail("no profile was written", .usage)
            }
            files = [("\(profile).yaml", text), ("brink-profile-v1.schema.json", ProfileSchema().text)]
        } else {
            files = [
                ("first.yaml", StarterScenario.text),
                ("brink-v1.schema.json", ScenarioSchema(faults: FaultRegistry.schemas).text),
            ]
        }
        do {
            try SystemFile.makeFolders(folder, mode: 0o755)
            for (name, text) in files {
                let path = "\(folder)/\(name)"
                if SystemFile.exists(path) {
                    print("\(path) is there already; left as it is")
                    continue
                }
                try SystemFile.replace(path, Array(text.utf8), mode: 0o644)
                print(path)
            }
        } catch {
            throw Console.fail("\(error)", .usage)
        }
    }
}
