import ArgumentParser
import Glibc
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// Runs a responder as an HTTP server until TERM or INT, then lets the requests in flight finish.
struct HTTPService<Responder: HTTPResponder>: Sendable where Responder.Context == ShopRequestContext {
    /// How long requests in flight may take after the signal.
    private static var stopTimeout: Duration { .seconds(10) }

    let responder: Responder
    let host: String
    let port: Int
    let metrics: Metrics
    let logger: Logger
    /// On under the weakness `leaks-descriptors-on-reset`.
    var leaksDescriptors = false
    /// Stopped after the server.
    var services: [any Service] = []

    /// - Throws: `ExitCode` 69 when the address cannot be listened on.
    func run() async throws {
        let (metrics, leaksDescriptors) = (metrics, leaksDescriptors)
        let application = Application(
            responder: responder,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: leaksDescriptors
                        ? [HangUpHandler(), DescriptorLeak()] : [HangUpHandler()])),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), backlog: 1024),
            onServerRunning: { channel in
                do {
                    try await channel.pipeline.addHandler(AcceptGuard(metrics: metrics), position: .first).get()
                } catch {
                    CommandExit.standardError("bookshop: accepting is not guarded against EMFILE: \(error)")
                }
                let port = channel.localAddress?.port ?? port
                CommandExit.standardError("bookshop: listening on \(host):\(port)")
            },
            logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: services + [StopDeadline(timeout: Self.stopTimeout), application],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = Self.stopTimeout
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as IOError where Self.addressErrors.contains(error.errnoCode) {
            throw CommandExit.failure(
                "cannot listen on \(host):\(port): \(String(cString: strerror(error.errnoCode)))",
                CommandExit.unavailable)
        }
    }

    private static var addressErrors: Set<CInt> { [EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE, ENFILE] }
}
