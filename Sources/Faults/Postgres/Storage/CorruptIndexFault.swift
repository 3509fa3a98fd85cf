import Engine
import Journal
import LinuxSystem
import Postgres
import Scenarios

/// Corrupts a B-tree index, as storage that rots, tears a page or loses a write leaves it.
public struct CorruptIndexFault: FaultKind {
    public static let schema = FaultSchema(
        name: "postgres.corrupt_index",
        summary: "Damages one page of a B-tree index of a cluster that Brink made: the server is shut down for it and "
            + "started again. Queries may miss rows, get others or fail; a unique index may take duplicates.",
        targets: [.postgres],
        parameters: [
            ParameterSchema("index", .text, required: true, "The index, with its schema: `shop.orders_pkey`."),
            ParameterSchema(
                "kind", .choice(IndexDamage.Kind.allCases.map(\.rawValue)), required: true,
                "key-flip, tid-redirect and lost-downlink leave the page's checksum right: an entry has another key, an "
                    + "entry leads to another row, a page cannot be reached from above. page-zeroed is a leaf of zero "
                    + "bytes, page-torn one whose first 4 KiB are another's, checksum one with a wrong checksum."),
        ],
        requirements: [
            "a PostgreSQL that the scenario starts", "the extension amcheck (postgresql-contrib), made and rolled back",
            "for lost-downlink an index of several levels", "for page-torn and checksum data checksums",
        ],
        verifiedBy: "data checksums, bt_index_check (with heapallindexed or without) or bt_index_parent_check find the "
            + "damage, and none did before",
        undoneBy: "REINDEX INDEX; then bt_index_parent_check with heapallindexed finds nothing, and an index scan "
            + "counts as many rows as a sequential one")

    private let server: PostgresServer
    private let access: DatabaseAccess
    private let index: String
    private let kind: IndexDamage.Kind
    private let seed: UInt64
    private let progress = Progress()

    /// How far it has come.
    private actor Progress {
        private(set) var isDamaged = false

        func setDamaged() { isDamaged = true }
    }

    private static let patience = Duration.seconds(10)

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        server = try target.requirePostgres(for: specification.name)
        access = try target.requireDatabase(for: specification.name)
        guard target.isScratchCluster, access.isScratch else {
            throw FaultError(
                "refused: \(specification.name): \(server.dataDirectory) was not made by Brink, and corruption is only "
                    + "ever done to a cluster that was: start one in the scenario (services: {db: {postgres: {}}})")
        }
        guard let kind = specification.parameters.text("kind").flatMap(IndexDamage.Kind.init) else {
            throw FaultError(
                "\(specification.name): kind must be one of \(IndexDamage.Kind.allCases.map(\.rawValue))")
        }
        self.kind = kind
        index = specification.parameters.text("index") ?? ""
        seed = target.seed
    }

    public func plan() async throws -> [Change] {
        let victim = try await withSession { session in
            let victim = try await VictimIndex(index, in: session)
            try await victim.confirm(in: session, checksums: kind.needsChecksums)
            return victim
        }
        return [
            Change(
                subject: "index \(victim.name) in \(server.dataDirectory)", prior: "sound", value: kind.rawValue,
                undo: .inProcess { await repair() }
            ) {
                try await corrupt()
            }
        ]
    }

    // MARK: Damage

    private func corrupt() async throws {
        // Again: between plan and now it may have been rebuilt, which gives it another file.
        let (path, damage) = try await withSession { session in
            let victim = try await VictimIndex(index, in: session)
            try await session.execute("CHECKPOINT", timeout: .seconds(300))
            let path = "\(server.dataDirectory)/\(victim.file)"
            let choice = try await Blocking.run { [seed] in try IndexEntry.choose(in: path, seed: seed) }
            let rows = try await victim.visible(choice.map(\.row), in: session)
            let damage = IndexDamage(
                kind: kind, entries: choice.filter { rows.contains($0.row) }, keyForm: victim.keyForm)
            // What cannot be done is said before the server is shut down for it.
            _ = try await Blocking.run { try damage.page(in: path) }
            return (path, damage)
        }
        let identifier = try server.systemIdentifier()
        try await Blocking.run { [server] in
            try server.stop(.fast, within: .seconds(60))
            guard try server.isShutDown(), try server.systemIdentifier() == identifier else {
                throw FaultError("refused: \(server.dataDirectory) is not what was shut down: not touched")
            }
        }
        let outcome: Result<Void, any Error>
        do {
            await progress.setDamaged()
            try await Blocking.run { try damage.apply(to: path) }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        try await Blocking.run { [server] in
            _ = try server.start()
            try server.waitUntilReady(within: .seconds(120))
        }
        try outcome.get()
    }

    // MARK: Repair

    private func repair() async -> UndoOutcome {
        // A cancelled task could open no session.
        await Task {
            do {
                let started = try await Blocking.run { [server] in
                    let outcome = try server.start()
                    if case .targetGone = outcome { return outcome }
                    try server.waitUntilReady(within: .seconds(120))
                    return outcome
                }
                guard await progress.isDamaged, !started.isGone else { return started }
                try await withSession { session in
                    let victim = try await VictimIndex(index, in: session)
                    try await victim.rebuild(in: session)
                }
                return .restored
            } catch {
                return .failed("index \(index): \(error)")
            }
        }.value
    }

    // MARK: Effect

    public func observe() async throws -> Observation {
        let found = try await withSession { session in
            let victim = try await VictimIndex(index, in: session)
            return try await IndexIntegrity(victim.oid, in: session).check()
        }
        return Dictionary(
            uniqueKeysWithValues: IndexIntegrity.Checker.allCases.map { ($0.rawValue, found[$0] == nil ? 0 : 1) })
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let checkers = IndexIntegrity.Checker.allCases.map(\.rawValue)
        guard checkers.allSatisfy({ before[$0] == 0 }) else {
            return .notYet("the index was damaged before the fault already")
        }
        let found = checkers.filter { now[$0] == 1 }
        guard !found.isEmpty else { return .notYet("no checker finds anything wrong with \(index)") }
        let blind = checkers.filter { now[$0] == 0 }
        return .seen(
            "\(kind.rawValue) in \(index): found by \(found.joined(separator: ", "))"
                + (blind.isEmpty || now[IndexIntegrity.Checker.checksums.rawValue] == 1
                    ? "" : "; not by \(blind.joined(separator: ", "))"))
    }

    private func withSession<Value: Sendable>(
        _ body: (PostgresSession) async throws -> Value
    ) async throws -> Value {
        let session = try await access.open("brink-corrupt-index", within: CorruptIndexFault.patience)
        defer { session.close() }
        return try await body(session)
    }
}

extension UndoOutcome {
    fileprivate var isGone: Bool { if case .targetGone = self { true } else { false } }
}
