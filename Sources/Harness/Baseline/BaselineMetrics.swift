import Baselines

/// The metrics of a baseline. Times of requests are measured where a user would, those of stages inside the service.
enum BaselineMetrics {
    private static let request = 50e-6
    private static let stage = 2e-6

    static let all =
        queries + pipeline + pool + identity + postgres + load + system + pressure + scenario

    static func named(_ name: String) -> Metric? { all.first { $0.name == name } }

    // MARK: Queries

    private static let queries = [
        time("query.simple.cold", request, "A book by its id: over a new connection, nothing of it cached."),
        time("query.simple.warm", request, "The same book again, over a connection that is kept."),
        time(
            "query.nested.cold", request, "An author with books and their reviews, over a new connection, not cached."),
        time("query.nested.warm", request, "The same author again."),
        time("query.aggregate.cold", request, "The bestsellers, over a new connection, not cached."),
        time("query.aggregate.warm", request, "The bestsellers again."),
        time("mutation.order.cold", request, "An order placed over a new connection."),
        time("mutation.order.warm", request, "An order placed over a connection that is kept."),
    ]

    // MARK: Inside the service

    /// By the name of the stage in the service's own histograms.
    static let stages: [(metric: String, stage: String)] = [
        ("pipeline.parse", "parse"), ("pipeline.json.encode", "encode"), ("pipeline.cache.hit", "cache_hit"),
        ("pipeline.cache.miss", "cache_miss"), ("pool.checkout.wait", "pool_checkout"),
        ("identity.token.cached", "token_cached"), ("identity.token.uncached", "token_uncached"),
        ("service.commit", "commit"),
    ]

    private static let pipeline = [
        time("pipeline.parse", stage, "Parsing and planning a request."),
        time("pipeline.json.encode", stage, "Writing an answer as JSON."),
        time("pipeline.cache.hit", stage, "A look-up in the result cache that finds."),
        time("pipeline.cache.miss", stage, "One that does not, with the load from the database."),
        time("service.commit", stage, "The COMMIT of an order, as the service sees it."),
    ]

    private static let pool = [
        time("pool.checkout.wait", stage, "Getting a connection of the pool."),
        time("pool.connect", request, "Making a connection to the database, as the pool does."),
        Metric(
            "pool.available", .share, .higherIsBetter, resolution: 0.05,
            about: "The share of the pool's connections that are free under load."),
        Metric(
            "pool.reuse", .share, .higherIsBetter, resolution: 0.02,
            about: "The share of checkouts that needed no new connection."),
    ]

    private static let identity = [
        time("identity.token.cached", stage, "Checking a token that is remembered."),
        time("identity.token.uncached", stage, "Checking a token's signature."),
        time("identity.token.issue", request, "Getting a token from the issuer."),
        time("identity.jwks.fetch", request, "Getting the issuer's key set."),
    ]

    // MARK: The database

    private static let postgres = [
        time("postgres.select", request, "A row by its key, without the service."),
        time("postgres.commit", request, "A COMMIT that has to be flushed, without the service."),
        Metric(
            "postgres.wal.perMutation", .bytes, resolution: 64, about: "Write-ahead log written for an order."),
    ]

    // MARK: Under load

    private static let load = [
        time("load.latency", request, "A request of the usual mix while four clients ask without pause."),
        Metric(
            "load.throughput", .perSecond, .higherIsBetter, resolution: 1,
            about: "Requests answered to four such clients."),
    ]

    private static let system = [
        time("system.cpu.service.perRequest", 10e-6, "CPU time of the service for a request under load."),
        time("system.cpu.database.perRequest", 10e-6, "CPU time of PostgreSQL for a request under load."),
        count("system.switches.service.perRequest", 0.2, "Context switches of the service for a request under load."),
        count("system.switches.database.perRequest", 0.2, "Context switches of PostgreSQL for a request under load."),
        memory("system.memory.service.rest", "Memory of the service at rest (PSS)."),
        memory("system.memory.service.load", "Memory of the service under load (PSS)."),
        memory("system.memory.database.rest", "Memory of PostgreSQL at rest (PSS)."),
        memory("system.memory.database.load", "Memory of PostgreSQL under load (PSS)."),
    ]

    private static let pressure =
        ["cpu", "memory", "io"].map {
            share(
                "pressure.host.\($0)",
                "The share of time under load in which some task of the machine waited for \($0).")
        }
        + ["cpu", "memory", "io"].map {
            share(
                "pressure.service.\($0)",
                "The share of time under load in which some task of the service waited for \($0).")
        }

    // MARK: A scenario's own load

    /// As a run's conditions name them, over one second each.
    static let ofLoad: [(metric: String, name: String)] = [
        ("scenario.latency.mean", "latency.mean"), ("scenario.latency.p50", "latency.p50"),
        ("scenario.latency.p95", "latency.p95"), ("scenario.throughput", "throughput"),
    ]

    private static let scenario = [
        time("scenario.latency.mean", request, "Mean latency of a second of the scenario's own load."),
        time("scenario.latency.p50", request, "Median latency of a second of the scenario's own load."),
        time("scenario.latency.p95", request, "95th percentile of the latency of a second of the scenario's own load."),
        Metric(
            "scenario.throughput", .perSecond, .higherIsBetter, resolution: 1,
            about: "Requests of the scenario's own load answered in a second."),
    ]

    private static func time(_ name: String, _ resolution: Double, _ about: String) -> Metric {
        Metric(name, .seconds, resolution: resolution, about: about)
    }

    private static func count(_ name: String, _ resolution: Double, _ about: String) -> Metric {
        Metric(name, .count, resolution: resolution, about: about)
    }

    private static func memory(_ name: String, _ about: String) -> Metric {
        Metric(name, .bytes, resolution: 1_048_576, about: about)
    }

    private static func share(_ name: String, _ about: String) -> Metric {
        Metric(name, .share, resolution: 0.02, about: about)
    }
}
