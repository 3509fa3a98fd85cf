import Foundation
import Hummingbird
import LinuxSystem
import Logging
import NIOCore
import ServiceLifecycle

/// A server that clients of toxiproxy can use unchanged.
public struct ToxiproxyServer: Sendable {
    /// What the command line says.
    public struct Options: Sendable {
        public var host = "127.0.0.1"
        public var port = 8474
        /// A file of proxies in toxiproxy's format; their toxics are honoured too.
        public var configuration: String?
        public var seed: UInt64?
        public var proxyMetrics = false
        public var runtimeMetrics = false
        /// A file in which proxies and toxics outlive the server.
        public var state: String?
        public var version = ""

        public init() {}
    }

    /// Why the server cannot start, with what to do.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private let options: Options
    private let say: @Sendable (String) -> Void

    /// - Parameter say: takes a line for the person who started it.
    public init(_ options: Options, say: @escaping @Sendable (String) -> Void) {
        self.options = options
        self.say = say
    }

    /// Serves until TERM or INT.
    public func run() async throws {
        // Two descriptors for each connection: as many as this process may have.
        do throws(SystemError) {
            try ResourceLimit.openFiles.raiseToHard()
        } catch {
            say("few connections at once: \(error)")
        }
        let seed = options.seed ?? UInt64.random(in: .min ... .max)
        let state = options.state.map(KeptState.init)
        let say = say
        let registry = ProxyRegistry(seed: seed) { proxies in
            do { try state?.write(proxies) } catch { say("the state is not kept: \(error)") }
        }
        let metrics = MetricsText(showsProxies: options.proxyMetrics, showsRuntime: options.runtimeMetrics)
        let responder = ToxiproxyResponder(
            registry: registry, metrics: options.proxyMetrics || options.runtimeMetrics ? metrics : nil,
            brinkVersion: options.version)
        var logger = Logger(label: "brink.proxy")
        logger.logLevel = .warning
        let (host, port) = (options.host, options.port)
        let kept = try readState(state)
        let configured = try readConfiguration()
        let application = Application(
            responder: responder, configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            onServerRunning: { channel in
                say("seed \(seed)")
                // What was kept is newer than what the configuration begins with.
                if let requests = kept ?? configured {
                    let source = kept == nil ? "configuration" : "state"
                    let (proxies, error) = await registry.populate(requests)
                    if let error { say("the \(source) could not be put in force: \(error.error)") }
                    if let proxies { say("\(proxies.count) proxies from the \(source)") }
                }
                say("listening on \(host):\(channel.localAddress?.port ?? port)")
            },
            logger: logger)
        do {
            try await application.runService(gracefulShutdownSignals: [.sigterm, .sigint])
        } catch let error as IOError {
            throw Failure(
                description: "cannot listen on \(host):\(port): \(String(cString: strerror(error.errnoCode))); "
                    + "choose another -port")
        }
        await registry.stop()
    }

    private func readState(_ state: KeptState?) throws -> [ProxyRequest]? {
        guard let state else { return nil }
        do {
            return try state.read()
        } catch {
            throw Failure(description: "\(state.path): \(words(for: error)); repair or remove it")
        }
    }

    private func readConfiguration() throws -> [ProxyRequest]? {
        guard let path = options.configuration else { return nil }
        do {
            return try JSONBody.decode(Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw Failure(description: "\(path): \(words(for: error))")
        }
    }

    private func words(for error: any Error) -> String {
        (error as? APIError)?.error ?? (error as NSError).localizedDescription
    }
}
