import Cgroups
import Faults
import LinuxSystem
import Scenarios

/// The reference service and its token issuer.
extension ServiceLauncher {
    func startBookshop(
        _ id: String, _ settings: Service.Bookshop, _ cgroup: Cgroup
    ) async throws -> RunningService {
        var addresses: [String] = []
        for reference in settings.databases { addresses.append(try await address(of: reference)) }
        let database = connection(toAny: addresses)
        let program = try ProgramFolder.path(of: "bookshop")
        var arguments = ["serve", "--host", "127.0.0.1"]
        let port = try FreePort.find()
        arguments += ["--port", String(port), "--pool-size", String(settings.poolSize)]
        arguments += [
            "--pool-checkout-timeout", settings.checkoutTimeout.short, "--statement-timeout",
            settings.statementTimeout.short, "--cache-ttl", settings.cacheTTL.short,
        ]
        var tokenURL: String?
        if settings.authentication {
            let issuerPort = try FreePort.find()
            let control = try tree.make(service: "load")
            let (issuer, log) = try launch(
                "\(id)-issuer", program, ["issuer", "--port", String(issuerPort)], in: control)
            try await waitForListener("127.0.0.1", issuerPort, of: issuer, log)
            arguments += ["--jwks-url", "http://127.0.0.1:\(issuerPort)/.well-known/jwks.json"]
            tokenURL = "http://127.0.0.1:\(issuerPort)/token"
        } else {
            arguments.append("--no-auth")
        }
        for weakness in Set(settings.weaknesses + weaknesses).sorted() { arguments += ["--weakness", weakness] }
        let (process, log) = try launch(
            id, program, arguments, in: cgroup, environment: ["BOOKSHOP_DATABASE": database])
        let base = "http://127.0.0.1:\(port)"
        try await waitForAnswer("\(base)/ready", of: process, log)
        return RunningService(
            id: id, cgroup: cgroup, process: process, address: "127.0.0.1:\(port)", endpoint: "\(base)/graphql",
            metricsURL: "\(base)/metrics", tokenURL: tokenURL, logFile: log)
    }
}
