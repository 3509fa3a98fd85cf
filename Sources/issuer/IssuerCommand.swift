import ArgumentParser
import Foundation
import Glibc
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// The command `issuer`.
struct IssuerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issuer",
        abstract: "Issue access tokens on the loopback interface, signed with keys that are made at the start.",
        discussion: """
            GET /.well-known/jwks.json gives the public keys. POST /token with {"sub": "…", "ttl": seconds} gives \
            {"access_token": "…"} to whoever asks, flawed where "flaw" says so: for tests only. GET and POST /control \
            read and switch how it misbehaves, for whoever sends the bearer token of ISSUER_CONTROL_TOKEN; without \
            that variable nobody can. Exit codes: 0 stopped as asked, 64 wrong usage, 69 port unavailable.
            """)

    @Option(help: "The port on 127.0.0.1; 0 takes a free one and says which.")
    var port = 8090

    @Option(help: "The audience that the tokens are for.")
    var audience = "bookshop"

    @Option(help: "The name of the issuer in the tokens.")
    var issuerName = "bookshop-issuer"

    @Option(help: "Seconds that a token lives when nobody says otherwise.")
    var tokenLife = 3600.0

    @Flag(name: .customLong("no-rsa"), help: "No key for RS256, whose making takes most of the start.")
    var hasNoRSA = false

    private static let host = "127.0.0.1"
    private static let unavailable: Int32 = 69

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be from 0 to 65535") }
        guard (0.1...86_400 * 365).contains(tokenLife) else {
            throw ValidationError("--token-life must be from 0.1 to a year's seconds")
        }
    }

    func run() async throws {
        let token = ProcessInfo.processInfo.environment["ISSUER_CONTROL_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        let issuer = try TokenIssuer(issuer: issuerName, audience: audience, usualLife: tokenLife, hasRSA: !hasNoRSA)
        var logger = Logger(label: "issuer")
        logger.logLevel = .critical
        let application = Application(
            responder: IssuerResponder(issuer: issuer, controlToken: token),
            configuration: ApplicationConfiguration(address: .hostname(Self.host, port: port), backlog: 1024),
            onServerRunning: { channel in
                Self.say("issuer: listening on \(Self.host):\(channel.localAddress?.port ?? 0)")
            },
            logger: logger)
        var configuration = ServiceGroupConfiguration(
            services: [application], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // Who asks for a slow key set waits no longer for it than this.
        configuration.maximumGracefulShutdownDuration = .seconds(1)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as IOError where [EADDRINUSE, EACCES].contains(error.errnoCode) {
            Self.say("issuer: cannot listen on \(Self.host):\(port): \(String(cString: strerror(error.errnoCode)))")
            throw ExitCode(Self.unavailable)
        }
    }

    /// One line on stderr.
    private static func say(_ line: String) {
        FileHandle.standardError.write(Data("\(line)\n".utf8))
    }
}
