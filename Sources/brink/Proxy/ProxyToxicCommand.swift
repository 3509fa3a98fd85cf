import ArgumentParser
import Foundation

struct ProxyToxicCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "toxic", abstract: "Add, update or remove a toxic of a proxy.",
        discussion: "Example: brink proxy toxic add -t latency -a latency=40 db",
        subcommands: [AddCommand.self, UpdateCommand.self, RemoveCommand.self], aliases: ["t"])

    /// Attributes as `name=value`, where the value is JSON or a word.
    static func attributes(_ texts: [String]) throws -> [String: any Sendable] {
        var attributes: [String: any Sendable] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw ValidationError("-a takes NAME=VALUE, not \"\(text)\"") }
            if let number = Double(parts[1]) {
                attributes[parts[0]] = number
            } else if let flag = Bool(parts[1]) {
                attributes[parts[0]] = flag
            } else {
                attributes[parts[0]] = parts[1]
            }
        }
        return attributes
    }

    struct AddCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Add a toxic.",
            discussion: "Example: brink proxy toxic add -t bandwidth -a rate=100 --upstream db", aliases: ["a"])

        @Option(name: .shortAndLong, help: "Type, such as latency.") var type: String
        @Option(
            name: [.long, .customLong("toxicName"), .customShort("n")], help: "Its name; TYPE_STREAM when left out.")
        var toxicName: String?
        @Option(name: [.long, .customLong("tox")], help: "Share of connections, 0 to 1.") var toxicity = 1.0
        @Option(name: .shortAndLong, help: "NAME=VALUE; repeatable.") var attribute: [String] = []
        @Flag(name: .shortAndLong, help: "From the client to the server.") var upstream = false
        @Flag(name: .shortAndLong, help: "From the server to the client, the default.") var downstream = false
        @Argument(help: "The proxy's name.") var name: String
        @OptionGroup var server: ProxyServerOption

        func validate() throws {
            guard !(upstream && downstream) else {
                throw ValidationError("a toxic is on one stream: --upstream or --downstream")
            }
            _ = try ProxyToxicCommand.attributes(attribute)
        }

        func run() async throws {
            let stream = upstream ? "upstream" : "downstream"
            var body: [String: any Sendable] = ["type": type, "stream": stream, "toxicity": toxicity]
            body["attributes"] = try ProxyToxicCommand.attributes(attribute)
            if let toxicName { body["name"] = toxicName }
            _ = try await server.send(.POST, ["proxies", name, "toxics"], body)
            print("Added \(stream) \(type) toxic '\(toxicName ?? "\(type)_\(stream)")' on proxy '\(name)'")
        }
    }

    struct UpdateCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "update", abstract: "Change a toxic's attributes or toxicity.",
            discussion: "Example: brink proxy toxic update -n latency_downstream -a latency=80 db", aliases: ["u"])

        @Option(name: [.long, .customLong("toxicName"), .customShort("n")], help: "The toxic's name.")
        var toxicName: String
        @Option(name: [.long, .customLong("tox")], help: "Share of connections, 0 to 1.") var toxicity: Double?
        @Option(name: .shortAndLong, help: "NAME=VALUE; repeatable.") var attribute: [String] = []
        @Argument(help: "The proxy's name.") var name: String
        @OptionGroup var server: ProxyServerOption

        func validate() throws {
            _ = try ProxyToxicCommand.attributes(attribute)
        }

        func run() async throws {
            var body: [String: any Sendable] = ["attributes": try ProxyToxicCommand.attributes(attribute)]
            if let toxicity { body["toxicity"] = toxicity }
            _ = try await server.send(.PATCH, ["proxies", name, "toxics", toxicName], body)
            print("Updated toxic '\(toxicName)' on proxy '\(name)'")
        }
    }

    struct RemoveCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Remove a toxic.",
            discussion: "Example: brink proxy toxic remove -n latency_downstream db", aliases: ["r", "delete", "d"])

        @Option(name: [.long, .customLong("toxicName"), .customShort("n")], help: "The toxic's name.")
        var toxicName: String
        @Argument(help: "The proxy's name.") var name: String
        @OptionGroup var server: ProxyServerOption

        func run() async throws {
            _ = try await server.send(.DELETE, ["proxies", name, "toxics", toxicName])
            print("Removed toxic '\(toxicName)' on proxy '\(name)'")
        }
    }
}
