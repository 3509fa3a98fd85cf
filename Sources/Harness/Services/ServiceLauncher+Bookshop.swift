import Cgroups
import Faults
import IssuerClient
import IssuerControl
import LinuxSystem
import Scenarios

/// The reference service, and whose tokens it trusts.
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
        var environment = ["BOOKSHOP_DATABASE": database]
        var issuer: IssuerClient?
        var tokenCache: TokenCacheAccess?
        if settings.authentication {
            let keySet: String
            (issuer, keySet) = try await trustedIssuer(of: id, settings)
            let secret = ServiceLauncher.newSecret()
            arguments += ["--jwks-url", keySet, "--jwks-interval", settings.jwksInterval.short]
            environment["BOOKSHOP_CONTROL_TOKEN"] = secret
            tokenCache = TokenCacheAccess(address: "127.0.0.1:\(port)", secret: secret)
        } else {
            arguments.append("--no-auth")
        }
        for weakness in Set(settings.weaknesses + weaknesses).sorted() { arguments += ["--weakness", weakness] }
        let (process, log) = try launch(id, program, arguments, in: cgroup, environment: environment)
        let base = "http://127.0.0.1:\(port)"
        try await waitForAnswer("\(base)/ready", of: process, log)
        return RunningService(
            id: id, cgroup: cgroup, process: process, address: "127.0.0.1:\(port)", endpoint: "\(base)/graphql",
            metricsURL: "\(base)/metrics", issuer: issuer, tokenCache: tokenCache, logFile: log)
    }

    /// Who issues its tokens, and where it finds the keys: perhaps over a link.
    private func trustedIssuer(
        of id: String, _ settings: Service.Bookshop
    ) async throws -> (IssuerClient, keySet: String) {
        guard let reference = settings.issuer else {
            let own = try await startOwnIssuer(of: id)
            return (own, own.keySetURL)
        }
        let place = try await address(of: reference)
        guard let service = scenario.issuer(of: id), let issuer = services[service]?.issuer else {
            throw HarnessError(.preflight, "\(reference), the issuer of \(id), leads to no issuer")
        }
        return (issuer, "http://\(place)\(IssuerPath.keySet)")
    }
}
