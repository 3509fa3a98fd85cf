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
            "--pool-queue", String(settings.poolQueue),
        ]
        arguments += ["--cache-timeout", settings.cacheTimeout.short, "--cache-stale", settings.cacheStale.short]
        // Not an argument, which every user of the machine can read.
        let secret = ServiceLauncher.newSecret()
        let environment = ["BOOKSHOP_DATABASE": database, "BOOKSHOP_CONTROL_TOKEN": secret]
        var cache: (any CacheAccess)?
        switch settings.cacheIn {
        case .memory:
            cache = ControlledCache(url: "http://127.0.0.1:\(port)/control/cache", token: secret)
        case .table:
            arguments += ["--cache-in", "table"]
            cache = directServer.map { CacheTable(database: $0) }
        case .redis(let reference):
            arguments += ["--cache-in", "redis://\(try await address(of: reference))"]
            cache = try await redis(behind: reference)
        }
        var issuer: IssuerClient?
        var tokenCache: TokenCacheAccess?
        if settings.authentication {
            let keySet: String
            (issuer, keySet) = try await trustedIssuer(of: id, settings)
            arguments += ["--jwks-url", keySet, "--jwks-interval", settings.jwksInterval.short]
            tokenCache = TokenCacheAccess(address: "127.0.0.1:\(port)", secret: secret)
        } else {
            arguments.append("--no-auth")
        }
        for weakness in Set(settings.weaknesses + weaknesses).sorted() { arguments += ["--weakness", weakness] }
        let (process, log) = try launch(id, program, arguments, in: cgroup, environment: environment)
        let base = "http://127.0.0.1:\(port)"
        try await waitForAnswer("\(base)/ready", of: process, log)
        return RunningService(
            id: id, cgroup: cgroup, process: process, address: "127.0.0.1:\(port)", cache: cache,
            endpoint: "\(base)/graphql", metricsURL: "\(base)/metrics", readyURL: "\(base)/ready", issuer: issuer,
            tokenCache: tokenCache,
            logFile: log)
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

    /// The Redis that a reference leads to, past the links on the way.
    private func redis(behind reference: String) async throws -> RedisAccess {
        var current = reference
        while let target = scenario.targets.first(where: { $0.id == current }) {
            switch target.kind {
            case .tcpProxy(_, let upstream): current = upstream
            case .service(let id): current = id
            default: throw HarnessError(.preflight, "\(reference) leads to no Redis but to \(target.id)")
            }
            if services[current] != nil { break }
        }
        let address = try await address(of: current)
        guard let service = services[current] else { return RedisAccess(address: address) }
        guard let redis = service.redis else {
            throw HarnessError(.preflight, "cacheIn: \(reference) leads to the service \(current), which is no Redis")
        }
        return redis
    }
}
