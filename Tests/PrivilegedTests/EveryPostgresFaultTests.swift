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

        private struct Step {
            let fault: String
            /// In seconds; nil for what happens at one moment.
            var lasts: Double?
            /// From its end to the beginning of the next, in seconds; below zero they overlap.
            var pause = 0.7

            init(_ fault: String, _ lasts: Double? = nil, pause: Double = 0.7) {
                self.fault = fault
                self.lasts = lasts
                self.pause = pause
            }
        }

        /// - Parameter isTimed: each at its moment; else each once the one before has been recovered from, however long a
        ///   slow machine takes.
        private func run(_ steps: [Step], isTimed: Bool = false, services: String, targets: String) throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            var moment = 0.5
            let lines = steps.enumerated().map { index, step in
                let lasts = step.lasts.map { "for: \(Int($0 * 1000))ms, " } ?? ""
                let trigger = !isTimed && index > 0 ? "after: f\(index - 1)" : "at: \(Int(moment * 1000))ms"
                moment += (step.lasts ?? 0) + step.pause
                return "- {id: f\(index), \(trigger), \(lasts)\(step.fault)}"
            }
            let length = isTimed ? Int(moment) + 4 : steps.count * 40 + 3
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
                Step("postgres.ddl_queue: {target: db, table: bookshop.books}"),
                Step("postgres.row_lock: {target: db, table: bookshop.books, rows: 100}"),
                Step("postgres.deadlock: {target: db, table: bookshop.books, pause: 200ms}"),
                Step("postgres.old_snapshot: {target: db}"),
                Step("postgres.idle_in_transaction: {target: db, sessions: 3}"),
                Step("postgres.prepared_transaction: {target: db, table: bookshop.reviews}"),
                Step("postgres.bloat: {target: db, table: bookshop.reviews, updates: 300}"),
                Step("postgres.terminate: {target: db, application: bookshop, count: 1, pause: 300ms}"),
                // For the cancelling: few statements of a millisecond are met at work, those that wait are.
                Step("postgres.lock: {target: db, table: bookshop.orders, mode: access-exclusive}", 4, pause: -1.8),
                Step("postgres.cancel: {target: db, application: bookshop, count: 0, pause: 10ms}"),
                Step("postgres.out_of_memory: {target: db, application: bookshop}"),
                Step("postgres.runaway_query: {target: db, kind: cpu}"),
                Step("postgres.runaway_query: {target: db, kind: spill, limit: 16MiB}"),
                // Each makes its array, and rests for half a second, before it tells of itself.
                Step("postgres.runaway_query: {target: db, kind: memory, limit: 16MiB}", 3.5),
                Step("postgres.plan_invalidation: {target: db, table: bookshop.books}"),
                Step("postgres.stuck_authentication: {target: db}"),
                Step("postgres.settings: {target: db, set: \"pre_auth_delay=1\"}"),
                Step("postgres.settings: {target: db, set: \"synchronous_commit=off\"}"),
                Step("postgres.out_of_locks: {target: db}", 4),
            ]
            let steps =
                (modes.map { Step("postgres.lock: {target: db, table: bookshop.orders, mode: \($0)}") }
                + kinds.map { Step("postgres.errors: {target: db, kind: \($0)}") } + others)
                .map { Step($0.fault, $0.lasts ?? 1.5, pause: $0.pause) }
            try run(
                steps, isTimed: true,
                services: """
                      db: {postgres: {maxConnections: 40, settings: {max_prepared_transactions: 10, deadlock_timeout: 100ms}}}
                      app: {bookshop: {database: db, \(Self.app)}}
                    """, targets: "db: {service: db}")
        }

        @Test func rolesAndStarts() throws {
            try run(
                [
                    Step("postgres.kill: {target: db, role: walwriter}"),
                    Step("postgres.kill: {target: db, role: background-writer}"),
                    Step("postgres.kill: {target: db, role: autovacuum-launcher}"),
                    Step("postgres.kill: {target: db, role: checkpointer}"),
                    Step("postgres.kill: {target: db, role: autovacuum-worker}"),
                    Step("postgres.kill: {target: db, role: backend, application: bookshop, signal: QUIT}"),
                    Step("postgres.kill: {target: db, role: backend, statement: COMMIT}"),
                    Step("postgres.kill: {target: db, role: walwriter, signal: STOP, restartAfter: 1s}"),
                    Step("postgres.kill: {target: db, role: postmaster, signal: QUIT, restartAfter: 1s}"),
                    Step("postgres.restart: {target: db, mode: immediate}"),
                    Step("postgres.slow_start: {target: db, delay: 4s}"),
                    Step(
                        "postgres.crash_loop: {target: db, kills: 2, interval: 500ms, roles: postmaster, "
                            + "duringRecovery: 50%}", 12),
                ],
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
                    Step("postgres.replay_pause: {target: standby}", 2),
                    Step("postgres.replication_lag: {target: standby, delay: 1s}", 3),
                    Step("postgres.replication_cut: {target: standby}", 2),
                    Step("postgres.kill: {target: standby, role: walreceiver}"),
                    Step("postgres.kill: {target: db, role: walsender}"),
                    Step("postgres.slot_lost: {target: standby}", 3),
                ],
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
                    Step("postgres.kill: {target: db, role: postmaster, tree: true, restartAfter: 60s}", pause: 4),
                    Step("postgres.promote: {target: standby}", pause: 4),
                ], isTimed: true,
                services: """
                      db: {postgres: {maxConnections: 40, settings: {synchronous_standby_names: standby}}}
                      standby: {postgres: {standbyOf: db}}
                      app: {bookshop: {database: [standby, db], \(Self.app)}}
                    """, targets: "db: {service: db}, standby: {service: standby}")
        }

        @Test func aPooler() throws {
            try run(
                [
                    Step("pgbouncer.pause: {target: pool}", 1.5), Step("pgbouncer.kill: {target: pool}", 1.5),
                    Step("pgbouncer.pool_size: {target: pool, size: 1}", 1.5),
                    Step("pgbouncer.pool_mode: {target: pool, mode: session}", 1.5),
                    Step("pgbouncer.pool_mode: {target: pool, mode: statement}", 1.5),
                    Step("pgbouncer.reload: {target: pool}"),
                ],
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
                    Step("disk.full: {target: db}", 2), Step("disk.full: {target: db, path: pg_wal}", 2),
                    Step("disk.inodes: {target: db}", 2),
                ]
                    + kinds.map {
                        Step("postgres.corrupt_index: {target: db, index: bookshop.reviews_book_id, kind: \($0)}", 2)
                    },
                services: """
                      db: {postgres: {maxConnections: 40, volume: 384MiB, walVolume: 192MiB}}
                      app: {bookshop: {database: db, \(Self.app)}}
                    """, targets: "db: {service: db}")
        }
    }
}
