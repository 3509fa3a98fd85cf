import Foundation
import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// Every fault on PostgreSQL and its pooler for real, many of them on one cluster, one after the other under load: a run
    /// passes only when each was seen to take effect and the host is as it was.
    @Suite(.serialized) struct EveryPostgresFaultTests {
        init() throws {
            try PrivilegedSuite.load(modules: ["loop", "dm-mod", "dm-flakey", "ext4"])
        }

        /// - Parameters:
        ///   - faults: each with how long it lasts, nil for what happens at one moment.
        ///   - spacing: from the beginning of one to the next, in seconds; nil where each comes once the one before has been
        ///     recovered from, however long a slow machine takes.
        private func run(
            _ faults: [(fault: String, lasts: String?)], spacing: Double?, services: String, targets: String
        ) throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let lines = faults.enumerated().map { index, one in
                let lasts = one.lasts.map { "for: \($0), " } ?? ""
                let offset = Int(Double(index) * (spacing ?? 0) * 1000) + 500
                let trigger = spacing == nil && index > 0 ? "after: f\(index - 1)" : "at: \(offset)ms"
                return "- {id: f\(index), \(trigger), \(lasts)\(one.fault)}"
            }
            let length = Int(Double(faults.count) * (spacing ?? 40)) + 3
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: every
                services:
                \(services)
                targets: {\(targets)}
                load: {http: {service: app, rate: 5/s, writes: 50%, timeout: 6s}}
                phases: {baseline: 2s, run: \(length)s, recovery: 30s, untilRecovered: true}
                sampling: 200ms
                steadyState: {window: 2s, checks: {errors: "errors.rate < 5%"}}
                faults:
                \(lines.joined(separator: "\n"))
                expect: [{id: integrity, that: "ledger.lost == 0"}]
                """, in: place)
            let command = BrinkCommand(in: place)
            let result = try command.run(["run", path], seconds: 500)
            #expect(result.code == 0, "\(result.all.suffix(6000))")
            #expect(try command.run(["verify"]).code == 0)
        }

        private static let app = "poolSize: 4, checkoutTimeout: 1s, statementTimeout: 2s, cacheTTL: 0s"

        @Test func sessionsLocksAndErrors() throws {
            let modes = [
                "access-share", "row-share", "row-exclusive", "share-update-exclusive", "share", "share-row-exclusive",
                "exclusive", "access-exclusive",
            ]
            let kinds = [
                "syntax", "division", "undefined_table", "not_null", "unique", "foreign_key", "check", "exclusion",
                "statement_timeout", "lock_timeout", "cancel", "serialization", "temp_file_limit",
                "cached_plan",
            ]
            let others = [
                "postgres.ddl_queue: {target: db, table: bookshop.books}",
                "postgres.row_lock: {target: db, table: bookshop.books, rows: 100}",
                "postgres.deadlock: {target: db, table: bookshop.books, pause: 200ms}",
                "postgres.old_snapshot: {target: db}", "postgres.idle_in_transaction: {target: db, sessions: 3}",
                "postgres.prepared_transaction: {target: db, table: bookshop.reviews}",
                "postgres.bloat: {target: db, table: bookshop.reviews, updates: 300}",
                "postgres.terminate: {target: db, application: bookshop, count: 1, pause: 300ms}",
                "postgres.cancel: {target: db, application: bookshop, count: 0, pause: 10ms}",
                "postgres.out_of_memory: {target: db, application: bookshop}",
                "postgres.runaway_query: {target: db, kind: cpu}",
                "postgres.runaway_query: {target: db, kind: spill, limit: 16MiB}",
                "postgres.runaway_query: {target: db, kind: memory, limit: 16MiB}",
                "postgres.plan_invalidation: {target: db, table: bookshop.books}",
                "postgres.stuck_authentication: {target: db}", "postgres.out_of_locks: {target: db}",
                "postgres.settings: {target: db, set: \"pre_auth_delay=1\"}",
                "postgres.settings: {target: db, set: \"synchronous_commit=off\"}",
            ]
            let faults =
                modes.map { "postgres.lock: {target: db, table: bookshop.orders, mode: \($0)}" }
                + kinds.map { "postgres.errors: {target: db, kind: \($0)}" } + others
            try run(
                faults.map { ($0, "1500ms") }, spacing: 2.2,
                services: """
                      db: {postgres: {maxConnections: 40, settings: {max_prepared_transactions: 10}}}
                      app: {bookshop: {database: db, \(Self.app)}}
                    """, targets: "db: {service: db}")
        }

        @Test func rolesAndStarts() throws {
            try run(
                [
                    ("postgres.kill: {target: db, role: walwriter}", nil),
                    ("postgres.kill: {target: db, role: background-writer}", nil),
                    ("postgres.kill: {target: db, role: autovacuum-launcher}", nil),
                    ("postgres.kill: {target: db, role: checkpointer}", nil),
                    ("postgres.kill: {target: db, role: autovacuum-worker}", nil),
                    ("postgres.kill: {target: db, role: backend, application: bookshop, signal: QUIT}", nil),
                    ("postgres.kill: {target: db, role: backend, statement: COMMIT}", nil),
                    ("postgres.kill: {target: db, role: walwriter, signal: STOP, restartAfter: 1s}", nil),
                    ("postgres.kill: {target: db, role: postmaster, signal: QUIT, restartAfter: 1s}", nil),
                    ("postgres.restart: {target: db, mode: immediate}", nil),
                    ("postgres.slow_start: {target: db, delay: 1s}", nil),
                    (
                        "postgres.crash_loop: {target: db, kills: 2, interval: 500ms, roles: postmaster, "
                            + "duringRecovery: 50%}", "12s"
                    ),
                ], spacing: nil,
                services: """
                      db:
                        postgres:
                          maxConnections: 40
                          settings:
                            autovacuum_naptime: 1s
                            autovacuum_vacuum_insert_threshold: 1
                            autovacuum_vacuum_insert_scale_factor: 0
                            autovacuum_vacuum_cost_delay: 100ms
                            autovacuum_vacuum_cost_limit: 1
                      app: {bookshop: {database: db, \(Self.app)}}
                    """, targets: "db: {service: db}")
        }

        @Test func aStandby() throws {
            try run(
                [
                    ("postgres.replay_pause: {target: standby}", "2s"),
                    ("postgres.replication_lag: {target: standby, delay: 1s}", "3s"),
                    ("postgres.replication_cut: {target: standby}", "2s"),
                    ("postgres.kill: {target: standby, role: walreceiver}", nil),
                    ("postgres.kill: {target: db, role: walsender}", nil),
                    ("postgres.slot_lost: {target: standby}", "3s"),
                ], spacing: nil,
                services: """
                      db: {postgres: {maxConnections: 40}}
                      standby: {postgres: {standbyOf: db}}
                      app: {bookshop: {database: db, \(Self.app)}}
                    """, targets: "db: {service: db}, standby: {service: standby}")
        }

        /// The application has one connection string with both, and commits wait for the standby.
        @Test func aFailover() throws {
            try run(
                [
                    ("postgres.kill: {target: db, role: postmaster, tree: true, restartAfter: 60s}", nil),
                    ("postgres.promote: {target: standby}", nil),
                ], spacing: 4,
                services: """
                      db: {postgres: {maxConnections: 40, settings: {synchronous_standby_names: standby}}}
                      standby: {postgres: {standbyOf: db}}
                      app: {bookshop: {database: [standby, db], \(Self.app)}}
                    """, targets: "db: {service: db}, standby: {service: standby}")
        }

        @Test func aPooler() throws {
            try run(
                [
                    ("pgbouncer.pause: {target: pool}", "1500ms"), ("pgbouncer.kill: {target: pool}", "1500ms"),
                    ("pgbouncer.pool_size: {target: pool, size: 1}", "1500ms"),
                    ("pgbouncer.pool_mode: {target: pool, mode: session}", "1500ms"),
                    ("pgbouncer.pool_mode: {target: pool, mode: statement}", "1500ms"),
                    ("pgbouncer.reload: {target: pool}", nil),
                ], spacing: nil,
                services: """
                      db: {postgres: {maxConnections: 40}}
                      pool: {pgbouncer: {upstream: db, poolSize: 4}}
                      app: {bookshop: {database: pool, \(Self.app)}}
                    """, targets: "pool: {service: pool}")
        }

        /// Six kinds of damage to an index and three of a full disk, on volumes of the cluster's own.
        @Test func aVolume() throws {
            let kinds = ["key-flip", "tid-redirect", "lost-downlink", "page-zeroed", "page-torn", "checksum"]
            try run(
                [
                    ("disk.full: {target: db}", "2s"), ("disk.full: {target: db, path: pg_wal}", "2s"),
                    ("disk.inodes: {target: db}", "2s"),
                ]
                    + kinds.map {
                        ("postgres.corrupt_index: {target: db, index: bookshop.reviews_book_id, kind: \($0)}", "2s")
                    }, spacing: nil,
                services: """
                      db: {postgres: {maxConnections: 40, volume: 384MiB, walVolume: 192MiB}}
                      app: {bookshop: {database: db, \(Self.app)}}
                    """, targets: "db: {service: db}")
        }
    }
}
