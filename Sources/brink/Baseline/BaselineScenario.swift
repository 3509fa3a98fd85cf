/// What a baseline is measured on unless a scenario is given: the reference service with a database, an issuer and a pool
/// of its own, and a cache whose entries stay while they are looked up.
enum BaselineScenario {
    static let id = "bookshop"

    static let text = """
        apiVersion: brink/v1
        id: bookshop
        why: What does the reference service do when nothing disturbs it?
        services:
          db: {postgres: {maxConnections: 60}}
          app: {bookshop: {database: db, poolSize: 16, cacheTTL: 60s}}
        targets:
          db: {service: db}
          app: {service: app}
        load: {http: {service: app, rate: 20/s, writes: 10%}}
        phases: {baseline: 10s, run: 1s, recovery: 0s}
        steadyState: {window: 3s, checks: {errors: "errors.rate < 1%"}}
        faults: []
        expect: []

        """
}
