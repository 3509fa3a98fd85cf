import ArgumentParser
import Logging

struct IssuerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issuer",
        abstract: "Issue access tokens on the loopback interface, signed with a key that is made at the start.",
        discussion: """
            GET /.well-known/jwks.json gives the public key. POST /token with {"sub": "…", "ttl": seconds} gives \
            {"access_token": "…"} to whoever asks: for tests only.
            """)

    @Option(help: "The port on 127.0.0.1; 0 takes a free one and says which.")
    var port = 8090

    @Option(help: "The audience that the tokens are for.")
    var audience = "bookshop"

    @Option(help: "The name of the issuer in the tokens.")
    var issuerName = "bookshop-issuer"

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be from 0 to 65535") }
    }

    func run() async throws {
        var logger = Logger(label: "bookshop-issuer")
        logger.logLevel = .warning
        let issuer = try await TokenIssuer(issuer: issuerName, audience: audience)
        try await HTTPService(
            responder: IssuerResponder(issuer: issuer), host: "127.0.0.1", port: port, metrics: Metrics(),
            logger: logger
        ).run()
    }
}
