import Testing

@testable import PostgresWire

/// What is read out of SQL text.
@Suite struct StatementTests {
    private func split(_ sql: String) -> [String] {
        SQLScript(Array(sql.utf8)[...]).statements.map { String(decoding: $0.text, as: UTF8.self) }
    }

    @Test(
        arguments: [
            ("", []), (" ; ;\n; -- nothing\n /* here; */", []), ("SELECT 1", ["select 1"]),
            ("a;b ; c;", ["a", "b", "c"]), ("select ';'; x", ["select ';'", "x"]),
            ("select 'it''s;'; x", ["select 'it''s;'", "x"]), (#"select E'\';'; x"#, [#"select e'\';'"#, "x"]),
            (#"select E'a''\';'; x"#, [#"select e'a''\';'"#, "x"]), (#"select '\'; x"#, [#"select '\'"#, "x"]),
            (#"select "a;b"; x"#, [#"select "a;b""#, "x"]), ("do $$ a; b $$; x", ["do $$ a; b $$", "x"]),
            ("do $t$ a; $$ ; $t$; x", ["do $t$ a; $$ ; $t$", "x"]), ("select $1; x", ["select $1", "x"]),
            ("select a$b; c$d", ["select a$b", "c$d"]), ("a -- ; b\n; c", ["a -- ; b", "c"]),
            ("a /* ; /* ; */ ; */; c", ["a /* ; /* ; */ ; */", "c"]),
            ("create rule r as on insert to t do (a; b); x", ["create rule r as on insert to t do (a; b)", "x"]),
            (
                "create or replace procedure p() begin atomic select case when true then 1 end; select 2; end; x",
                ["create or replace procedure p() begin atomic select case when true then 1 end; select 2; end", "x"]
            ), ("begin; a; end; b", ["begin", "a", "end", "b"]), ("select 'open; x", ["select 'open; x"]),
            ("$a$ open; x", ["$a$ open; x"]), ("/* open; x", []), ("a $", ["a $"]), ("E'\\", ["e'\\"]),
        ] as [(String, [String])])
    func statements(sql: String, parts: [String]) {
        #expect(split(sql) == parts)
    }

    @Test(
        arguments: [
            ("BEGIN", .begin), ("start transaction read only", .begin), ("start x", .other), ("commit", .commit),
            ("END", .commit), ("commit work", .commit), ("commit and no chain", .commit),
            ("commit transaction and chain", .commitAndChain), ("commit prepared 'a'", .other), ("rollback", .rollback),
            ("abort", .rollback), ("rollback work and chain", .rollbackAndChain), ("rollback prepared 'a'", .other),
            ("rollback to s", .rollbackToSavepoint), ("rollback transaction to savepoint s", .rollbackToSavepoint),
            ("prepare transaction 'a'", .prepare), ("prepare p as select 1", .other),
            ("/* x */ -- y\n commit", .commit),
            ("savepoint s", .other), ("release s", .other), ("committed", .other), ("\"commit\"", .other),
        ] as [(String, TransactionCommand)])
    func commands(sql: String, command: TransactionCommand) {
        #expect(SQLScript(Array(sql.utf8)[...]).commands == [command])
    }

    @Test func statusAfterCommands() {
        #expect(TransactionStatus.idle.after(.begin) == .inTransaction)
        #expect(TransactionStatus.failed.after(.begin) == .failed)
        #expect(TransactionStatus.failed.after(.other) == .failed)
        #expect(TransactionStatus.inTransaction.after(.commit) == .idle)
        #expect(TransactionStatus.failed.after(.rollbackToSavepoint) == .inTransaction)
        #expect(TransactionStatus.idle.after(.rollbackToSavepoint) == .idle)
        #expect(TransactionStatus.inTransaction.after(.rollbackAndChain) == .inTransaction)
        #expect(TransactionStatus.inTransaction.after(.prepare) == .idle)
    }

    @Test(arguments: [
        ("", "", true), ("*", "", true), ("?", "", false), ("a?c", "aéc", true), ("a??c", "aéc", false),
        ("*é?", "xéy", true), ("*??", "é", false), ("a*b*c", "a1b2b3c", true), ("a*b*c", "a1b2b3", false),
        ("a  b", "a\nb", true), ("A", "a", true), ("a*", "b", false), ("**", "x", true), ("*ab", "aaab", true),
    ])
    func patterns(pattern: String, text: String, matches: Bool) {
        #expect(TextPattern(pattern).matches(SQLScript.normalized(Array(text.utf8)[...])) == matches)
    }

    /// Text that would nest, backtrack or repeat without end takes a time in proportion to its length.
    @Test(arguments: ["'", "E''", "$", "$a", "/*", "(", "\"", "a ", "create function begin "])
    func hostileTextIsRead(part: String) {
        let text = Array(String(repeating: part, count: 200_000).utf8)
        #expect(SQLScript(text[...]).statements.count <= 1)
    }
}
