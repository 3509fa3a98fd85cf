import Cgroups
import Faults
import IssuerClient
import LinuxSystem

/// The service that a baseline is measured on, and what it stands on.
struct BaselineSubject: Sendable {
    /// Where it answers GraphQL.
    let endpoint: String
    /// Its metrics, and how long its stages take.
    let metricsURL: String
    let stagesURL: String
    /// Who issues its tokens; nil when it checks none.
    let issuer: IssuerClient?
    /// Its result cache, to be emptied.
    let cache: (any CacheAccess)?
    /// A libpq connection string to its database, as the service's own role.
    let database: String
    let service: ProcessIdentity
    let postmaster: ProcessIdentity?
    /// The service's; nil where it has none of its own.
    let cgroup: Cgroup?

    /// The first bookshop that runs.
    /// - Throws: when there is none, or its database is none that Brink started.
    init(of services: ServiceLauncher) async throws {
        let running = await services.services
        let scenario = services.scenario
        guard let id = scenario.services.first(where: { if case .bookshop = $0.kind { true } else { false } })?.id,
            let service = running[id], let endpoint = service.endpoint, let metricsURL = service.metricsURL
        else {
            throw HarnessError(
                .usage, "scenario \(scenario.id) starts no bookshop: a baseline is measured on one")
        }
        guard let database = await services.directDatabase else {
            throw HarnessError(
                .usage, "scenario \(scenario.id) starts no PostgreSQL: a baseline measures the database as well")
        }
        self.endpoint = endpoint
        self.metricsURL = metricsURL
        stagesURL = "\(metricsURL)/stages"
        issuer = service.issuer
        cache = service.cache
        self.database = database
        self.service = service.process
        postmaster = running.values.first { $0.postgres != nil }?.process
        cgroup = service.cgroup
    }

    init(
        endpoint: String, metricsURL: String, issuer: IssuerClient?, cache: (any CacheAccess)?, database: String,
        service: ProcessIdentity, postmaster: ProcessIdentity?, cgroup: Cgroup?
    ) {
        self.endpoint = endpoint
        self.metricsURL = metricsURL
        stagesURL = "\(metricsURL)/stages"
        self.issuer = issuer
        self.cache = cache
        self.database = database
        self.service = service
        self.postmaster = postmaster
        self.cgroup = cgroup
    }
}
