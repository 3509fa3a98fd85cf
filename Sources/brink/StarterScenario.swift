/// What `brink init` writes: a small scenario that runs as it is, with remarks on what to change.
enum StarterScenario {
    static let text = """
        # yaml-language-server: $schema=./brink-v1.schema.json
        # Check it with `brink validate`, look at its writes with `brink plan`, then `brink run`.
        apiVersion: brink/v1
        id: first
        why: Does the service ride out a short stop of its database?
        # Brink starts these and ends them. For a service of your own, drop them and name its cgroup, process or
        # PostgreSQL data directory under targets instead, and its URL under load.
        services:
          db: {postgres: {}}
          app: {bookshop: {database: db}}
        targets:
          db: {service: db}
          app: {service: app}
        load: {http: {service: app, rate: 20/s}}
        phases: {baseline: 10s, run: 20s, recovery: 30s}
        steadyState:
          window: 3s
          checks:
            p99: "latency.p99 < 1s"
            errors: "errors.rate < 1%"
        faults:
        - {id: crash, at: 5s, postgres.kill: {target: db, role: postmaster, restartAfter: 2s}}
        abort:
        - {if: "host.memory.available < 256MiB", for: 2s}
        expect:
        - {id: recovery, that: "recovery(crash) < 10s"}
        - {id: integrity, that: "ledger.lost == 0"}

        """
}
