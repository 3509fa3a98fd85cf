import ArgumentParser
import Foundation

struct ProxyListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the proxies of a server.",
        discussion: "Example: brink proxy list --format json", aliases: ["l", "li", "ls"])

    @Option(help: "text or json.") var format = OutputFormat.text
    @OptionGroup var server: ProxyServerOption

    private struct Row: Encodable {
        let name: String
        let listen: String
        let upstream: String
        let enabled: Bool
        let toxics: Int
    }

    func run() async throws {
        let rows = try await server.proxies().map {
            Row(name: $0.name, listen: $0.listen, upstream: $0.upstream, enabled: $0.enabled, toxics: $0.toxics.count)
        }
        if format == .json { return print(try OutputFormat.json(rows)) }
        let table =
            [["Name", "Listen", "Upstream", "Enabled", "Toxics"]]
            + rows.map { [$0.name, $0.listen, $0.upstream, $0.enabled ? "enabled" : "disabled", "\($0.toxics)"] }
        let widths = (0..<5).map { column in table.map { $0[column].count }.max() ?? 0 }
        for row in table {
            let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
            print(cells.joined(separator: "  "))
        }
    }
}

struct ProxyInspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show a proxy and its toxics.", discussion: "Example: brink proxy inspect db",
        aliases: ["i", "ins"])

    @Argument(help: "The proxy's name.") var name: String
    @OptionGroup var server: ProxyServerOption

    func run() async throws {
        let data = try await server.send(.GET, ["proxies", name])
        let object = try JSONSerialization.jsonObject(with: data)
        let text = try JSONSerialization.data(
            withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        print(String(decoding: text, as: UTF8.self))
    }
}

struct ProxyCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a proxy.",
        discussion: "Example: brink proxy create -l 127.0.0.1:6432 -u 127.0.0.1:5432 db", aliases: ["c", "new"])

    @Option(name: .shortAndLong, help: "Where it listens: HOST:PORT or unix:PATH.") var listen: String
    @Option(name: .shortAndLong, help: "Whom it dials: HOST:PORT or unix:PATH.") var upstream: String
    @Option(help: "postgres to follow that protocol.") var `protocol`: String?
    @OptionGroup(title: "TLS") var tls: ProxyTLSOptions
    @Argument(help: "The proxy's name.") var name: String
    @OptionGroup var server: ProxyServerOption

    func run() async throws {
        var body: [String: any Sendable] = ["name": name, "listen": listen, "upstream": upstream, "enabled": true]
        if let `protocol` { body["protocol"] = `protocol` }
        if let tls = tls.object { body["tls"] = tls }
        _ = try await server.send(.POST, ["proxies"], body)
        print("Created new proxy \(name)")
    }
}

struct ProxyToggleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "toggle", abstract: "Take a proxy down, or up again.",
        discussion: "Example: brink proxy toggle db", aliases: ["tog"])

    @Argument(help: "The proxy's name.") var name: String
    @OptionGroup var server: ProxyServerOption

    func run() async throws {
        let isEnabled = try await server.proxy(name).enabled
        _ = try await server.send(.PATCH, ["proxies", name], ["enabled": !isEnabled])
        print("Proxy \(name) is now \(isEnabled ? "disabled" : "enabled")")
    }
}

struct ProxyDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove a proxy and cut its connections.",
        discussion: "Example: brink proxy delete db", aliases: ["d"])

    @Argument(help: "The proxy's name.") var name: String
    @OptionGroup var server: ProxyServerOption

    func run() async throws {
        _ = try await server.send(.DELETE, ["proxies", name])
        print("Deleted proxy \(name)")
    }
}
