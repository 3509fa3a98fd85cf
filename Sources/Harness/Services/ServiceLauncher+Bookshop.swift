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
            "--pool-checkout-timeout", settings.checkoutTimeout.short, "--cache-ttl", settings.cacheTTL.short,
        ]
        arguments += ["--cache-timeout", settings.cacheTimeout.short, "--cache-stale", settings.cacheStale.short]
        var environment = ["BOOKSHOP_DATABASE": database]
        var cache: (any CacheAccess)?
        switch settings.cacheIn {
        case .memory:
            let token = ServiceLauncher.controlToken()
            // Not an argument, which every user of the machine can read.
            environment["BOOKSHOP_CONTROL_TOKEN"] = token
            cache = ControlledCache(url: "http://127.0.0.1:\(port)/control/cache", token: token)
        case .table:
            arguments += ["--cache-in", "table"]
            cache = directServer.map { CacheTable(database: $0) }
        case .redis(let reference):
            arguments += ["--cache-in", "redis://\(try await address(of: reference))"]
            cache = try await redis(behind: reference)
        }
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
            id, program, arguments, in: cgroup, environment: environment)
        let base = "http://127.0.0.1:\(port)"
        try await waitForAnswer("\(base)/ready", of: process, log)
        return RunningService(
            id: id, cgroup: cgroup, process: process, address: "127.0.0.1:\(port)", cache: cache,
            endpoint: "\(base)/graphql",
            metricsURL: "\(base)/metrics", tokenURL: tokenURL,
            logFile: log)
    }

    /// 128 bits at random.
    private static func controlToken() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(generator.next(), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
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
