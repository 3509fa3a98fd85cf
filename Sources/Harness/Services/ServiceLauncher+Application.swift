import Cgroups
import LinuxSystem
import Postgres
import Scenarios

/// Services of one's own, as their profiles describe them.
extension ServiceLauncher {
    func startApplication(
        _ id: String, _ settings: Service.Application, _ cgroup: Cgroup
    ) async throws -> RunningService {
        var addresses: [String] = []
        for reference in settings.databases { addresses.append(try await address(of: reference)) }
        try await prepareDatabase(for: settings)
        let port = try FreePort.find()
        let values = values(of: settings, port: port, addresses)
        let fill = { (text: PlaceholderText) in
            text.filled { part in if case .name(let name) = part { values[name] ?? "" } else { "" } }
        }
        let (process, log) = try launch(
            id, fill(settings.program.path), settings.program.arguments.map(fill), in: cgroup,
            environment: settings.program.environment.mapValues(fill))
        let base = "http://127.0.0.1:\(port)"
        try await waitForAnswer(
            base + settings.program.ready, of: process, log, within: settings.program.startTimeout)
        return RunningService(
            id: id, cgroup: cgroup, process: process, address: "127.0.0.1:\(port)", endpoint: base + settings.endpoint,
            logFile: log)
    }

    /// Gives the service's role the usual search path, and runs the profile's SQL as the owner of its database; past
    /// everything that is disturbed.
    private func prepareDatabase(for settings: Service.Application) async throws {
        guard let database = directDatabase else {
            if settings.program.schema == nil { return }
            throw HarnessError(
                .preflight, "the schema of \(settings.name) needs a PostgreSQL that the scenario starts")
        }
        let name = ServiceLauncher.database
        do {
            let session = try await PostgresSession.connect(database)
            defer { session.close() }
            // The reference service's tables are in a schema of the role's name, which would come first.
            _ = try await session.execute("ALTER ROLE \(name) IN DATABASE \(name) SET search_path = public")
            _ = try await session.execute("SET search_path = public")
            if let schema = settings.program.schema { _ = try await session.execute(schema) }
        } catch {
            throw HarnessError(.preflight, "the database of \(settings.name) cannot be set up: \(error)")
        }
    }

    private func values(of settings: Service.Application, port: Int, _ addresses: [String]) -> [String: String] {
        let first = (addresses.first ?? "").split(separator: ":").map(String.init)
        let name = ServiceLauncher.database
        let options =
            (addresses.count > 1 ? "target_session_attrs=read-write&" : "")
            + "application_name=\(settings.applicationName)"
        var values = [
            "port": String(port), "folder": settings.program.folder,
            "database": "\(connection(toAny: addresses)) application_name=\(settings.applicationName)",
            "databaseURL": "postgresql://\(name)@\(addresses.joined(separator: ","))/\(name)?\(options)",
            "database.host": first.first ?? "", "database.port": first.last ?? "", "database.user": name,
            "database.name": name, "poolSize": String(settings.poolSize),
        ]
        for (name, time) in [
            ("checkoutTimeout", settings.checkoutTimeout), ("statementTimeout", settings.statementTimeout),
            ("cacheTTL", settings.cacheTTL),
        ] {
            values[name] = String(time.inSeconds)
            values["\(name).ms"] = String(Int((time / .milliseconds(1)).rounded()))
        }
        return values
    }
}
