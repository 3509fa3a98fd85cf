import ArgumentParser
import Harness
import ToxiproxyAPI

struct ProxyServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve toxic proxies; what `brink proxy` does without a verb.",
        discussion: "Example: brink proxy -port 8474 -config proxies.json -state /var/lib/brink/proxies.json")

    @Option(name: [.long, .customLong("host", withSingleDash: true)], help: "Address of the HTTP interface.")
    var host = "127.0.0.1"

    @Option(name: [.long, .customLong("port", withSingleDash: true)], help: "Port of the HTTP interface; 0 finds one.")
    var port = 8474

    @Option(
        name: [.long, .customLong("config", withSingleDash: true)],
        help: "A JSON file of proxies in toxiproxy's format; their toxics are honoured too.")
    var config: String?

    @Option(name: [.long, .customLong("seed", withSingleDash: true)], help: "Seed of every random choice.")
    var seed: UInt64?

    @Flag(
        name: [.long, .customLong("proxy-metrics", withSingleDash: true)],
        help: "Show each proxy's bytes under /metrics.")
    var proxyMetrics = false

    @Flag(
        name: [.long, .customLong("runtime-metrics", withSingleDash: true)],
        help: "Show what the process uses under /metrics.")
    var runtimeMetrics = false

    @Option(
        name: [.long, .customLong("state", withSingleDash: true)],
        help: "A file in which proxies and toxics outlive the server.")
    var state: String?

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("-port must be from 0 to 65535") }
    }

    func run() async throws {
        var options = ToxiproxyServer.Options()
        options.host = host
        options.port = port
        options.configuration = config
        options.seed = seed
        options.proxyMetrics = proxyMetrics
        options.runtimeMetrics = runtimeMetrics
        options.state = state
        options.version = Version.current
        do {
            try await ToxiproxyServer(options) { Console.progress("brink proxy: \($0)") }.run()
        } catch let failure as ToxiproxyServer.Failure {
            throw Console.fail(failure.description, .preflight)
        } catch {
            throw Console.fail("\(error)", .internal)
        }
    }
}
