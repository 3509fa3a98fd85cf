import Engine
import Journal
import LinuxSystem
import Postgres
import Scenarios

/// The power goes: what PostgreSQL and the file system had not flushed is lost, as kill -9 alone never shows, for the
/// page cache outlives it.
public struct LoseUnsyncedFault: FaultKind {
    public static let schema = FaultSchema(
        name: "postgres.lose_unsynced",
        summary: "A power loss on a service's volume: the server is killed, what was not flushed is dropped, and the "
            + "server started again. With `lies` the device first drops all writes for a while though fsync succeeds, so that "
            + "acknowledged writes are lost as well.",
        targets: [.volume],
        parameters: [
            ParameterSchema(
                "lies", .duration, default: "0s",
                "How long the device tells that it has flushed and has not, before the power goes; at most 60s. 0s is an "
                    + "honest power loss, which loses nothing that was acknowledged.")
        ],
        requirements: [
            "a PostgreSQL that the scenario starts with `volume`",
            "kernel modules loop and dm-mod, dm-flakey with `lies`", "mkfs.ext4",
        ],
        verifiedBy:
            "a file that was flushed before is there and one that was not is gone, or with `lies` one that was flushed "
            + "meanwhile; another postmaster accepts connections",
        undoneBy: "the fault itself mounts the volume and starts the server; the undo does what it could not",
        // It would hold the device until the run's end otherwise.
        durationParameter: "lies")

    private let volume: MappedVolume
    private let server: PostgresServer
    private let table: ProcessTable
    private let lies: Duration
    private let evidence = Evidence()

    /// What was found after it.
    private actor Evidence {
        private(set) var marks: VolumeMarks.Found?

        func tell(_ marks: VolumeMarks.Found) { self.marks = marks }
    }

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        volume = try target.requireVolume(for: specification.name)
        server = try target.requirePostgres(for: specification.name)
        table = target.table
        lies = specification.parameters.duration("lies") ?? .zero
        guard (.zero ... .seconds(60)).contains(lies) else {
            throw FaultError("\(specification.name): lies must be 0s to 60s")
        }
        guard server.dataDirectory.hasPrefix("\(volume.mountPoint)/") else {
            throw FaultError(
                "refused: \(specification.name): \(server.dataDirectory) is not on the volume \(volume.mountPoint)")
        }
        // What was not flushed of it would outlive this: a lost write would look safe.
        let wal = (try? SystemFile.resolved("\(server.dataDirectory)/pg_wal")) ?? server.dataDirectory
        guard wal.hasPrefix("\(volume.mountPoint)/") else {
            throw FaultError(
                "refused: \(specification.name): the WAL is in \(wal), on another file system: leave out walVolume")
        }
    }

    public func plan() async throws -> [Change] {
        let postmaster = try server.postmaster()
        // First, so that it is taken back last: the server needs the volume, and the volume its device.
        let running = Change(
            subject: "postmaster \(postmaster) in \(server.dataDirectory)", prior: "running", value: "killed",
            undo: .inProcess { [volume, server] in await VolumeOutage(of: volume, under: server).end() }
        ) {}
        guard lies > .zero else { return [running, loss(restoring: nil)] }
        let swap = try Change.deviceTable(of: volume, for: Self.schema.name) { table in
            table.flaky(.dropWrites, upSeconds: 0, downSeconds: 1)
        }
        guard case .journaled(let undo) = swap.undo else { throw FaultError("\(Self.schema.name): no way back") }
        let lying = Change(
            subject: swap.subject, prior: swap.prior, value: swap.value, undo: swap.undo
        ) { [volume] in
            try await Blocking.run { try VolumeMarks(on: volume).make(.before, isFlushed: true) }
            try await swap.apply()
        }
        return [running, lying, loss(restoring: undo)]
    }

    /// - Parameter undo: what ends the lies of the device.
    private func loss(restoring undo: UndoAction?) -> Change {
        Change(
            // Named as the faults of devices name it: while one of them is active the volume is not taken away.
            subject: "device \(volume.deviceName)", prior: "not all flushed", value: "what is not flushed is lost",
            undo: .nothing
        ) { [volume, server, table, lies, evidence] in
            if undo != nil { try await Task.sleep(for: lies) }
            let found = try await Blocking.run {
                let marks = VolumeMarks(on: volume)
                let outage = VolumeOutage(of: volume, under: server)
                if undo != nil {
                    try marks.make(.lost, isFlushed: true)
                    try outage.kill(in: table)
                } else {
                    try marks.make(.before, isFlushed: true)
                    try outage.kill(in: table)
                    // Nobody is left whose flush could take it along.
                    try marks.make(.lost, isFlushed: false)
                    try FileSystemMount.shutDown(volume.mountPoint)
                }
                try outage.unmount()
                if let undo {
                    let outcome = UndoExecutor(table: table).undo(undo)
                    guard !outcome.isResidue else { throw FaultError("\(outcome)") }
                }
                try outage.mount()
                let found = try marks.find()
                _ = try server.start()
                try server.waitUntilReady(within: .seconds(120))
                return found
            }
            await evidence.tell(found)
        }
    }

    public func observe() async throws -> Observation {
        let start = (try? server.postmaster()).map { Double($0.startTime) } ?? 0
        var figures = ["start": start, "ready": server.isReady() ? 1 : 0]
        if let marks = await evidence.marks {
            figures["kept"] = marks.before ? 1 : 0
            figures["lost"] = marks.lost ? 0 : 1
        }
        return figures
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["kept"] == 1 else { return .notYet("a file that was flushed before is not there either") }
        guard now["lost"] == 1 else { return .notYet("a file that should be lost is there") }
        guard now["ready"] == 1, let start = now["start"], start > 0, start != before["start"] else {
            return .notYet("no other postmaster accepts connections")
        }
        let lost = lies > .zero ? "flushed while the device lied" : "not flushed"
        return .seen(
            "a file that was \(lost) is gone, one that was flushed before is there, and another postmaster accepts "
                + "connections")
    }
}
