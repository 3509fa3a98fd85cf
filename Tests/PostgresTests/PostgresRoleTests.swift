import Testing

@testable import Postgres

/// What processes of a server are taken for, by their titles.
@Suite struct PostgresRoleTests {
    @Test(arguments: [
        ("postgres: checkpointer ", PostgresRole.checkpointer),
        ("postgres: brink: checkpointer ", .checkpointer),
        ("postgres: my db 2: background writer ", .backgroundWriter),
        ("postgres: autovacuum launcher ", .autovacuumLauncher),
        ("postgres: main: autovacuum worker shop", .autovacuumWorker),
        ("postgres: startup recovering 000000010000000000000003", .startup),
        ("postgres: walsender replica 127.0.0.1(55012) streaming 0/3000148", .walsender),
        ("postgres: my db: shop bookshop 127.0.0.1(55012) idle", .backend),
        ("postgres: shop bookshop ::1(55012) SELECT waiting", .backend),
        ("postgres: shop bookshop [local] idle in transaction", .backend),
        // Users may be called as they like.
        ("postgres: checkpointer bookshop 127.0.0.1(55012) idle", .backend),
        ("postgres: walwriter walwriter [local] idle", .backend),
    ])
    func oneTitleIsOneRole(_ title: String, _ role: PostgresRole) {
        #expect(PostgresRole.allCases.filter { $0.matches(title) } == [role])
    }

    @Test(arguments: [
        "postgres: logical replication launcher ", "postgres: archiver ", "psql: checkpointer", "postgres:",
    ])
    func othersHaveNone(_ title: String) {
        #expect(PostgresRole.allCases.filter { $0.matches(title) } == [])
    }

    /// A server goes into its folder, so that a path from where it was started leads elsewhere afterwards.
    @Test(arguments: [
        (["-D", "data", "-p", "5433"], ["-D", "/srv/data", "-p", "5433"]), (["-Ddata"], ["-D/srv/data"]),
        (["-D", "/etc/postgresql", "-i"], ["-D", "/etc/postgresql", "-i"]), (["-D/abs"], ["-D/abs"]),
        (["-D"], ["-D"]), ([], []),
    ])
    func relativeFoldersAreMadeAbsolute(_ given: [String], _ expected: [String]) {
        #expect(PostgresServer.absolute(given, "/srv/data") == expected)
    }
}
