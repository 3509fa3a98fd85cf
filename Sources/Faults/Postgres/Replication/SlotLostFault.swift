import Engine
import Journal
import LinuxSystem
import Postgres
import Scenarios

/// Takes away the slot through which a standby streams, so that the primary no longer has it as a follower.
public struct SlotLostFault: FaultKind {
    public static let schema = FaultSchema(
        name: "postgres.slot_lost",
        summary:
            "A standby falls off: its replication slot is dropped on the primary, which refuses it from then on and "
            + "may remove WAL that it lacks.",
        targets: [.postgres], parameters: [],
        requirements: ["a standby that the scenario starts, which streams through a slot"],
        verifiedBy: "the primary has no slot of that name, and the standby no walreceiver that streams",
        undoneBy:
            "making the slot again and waiting until the standby streams; it fails where the primary has removed WAL "
            + "that the standby lacks, as it does after max_wal_size of writes")

    private let standby: Standby
    private let primary = PrimaryLink()

    private static let patience = Duration.seconds(30)

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        standby = try Standby(specification, on: target)
        try standby.requireScratch(target, because: "a slot that is gone outlives Brink")
    }

    public func plan() async throws -> [Change] {
        let session = try await standby.access.open("brink-standby")
        defer { session.close() }
        let status = try await standby.statusWhenStreaming(asking: session)
        try await primary.learn(from: session)
        guard status.isStreaming, let slot = await primary.slotName else {
            throw FaultError("postgres.slot_lost: \(standby.access.place) streams through no slot: none to lose")
        }
        return [
            Change(
                subject: "replication slot \(slot) of \(standby.access.place)", prior: "in use", value: "dropped",
                undo: .inProcess { [primary, standby] in await SlotLostFault.rejoin(primary, standby) }
            ) { [primary] in
                try await primary.dropSlot(within: .seconds(10))
            }
        ]
    }

    private static func rejoin(_ primary: PrimaryLink, _ standby: Standby) async -> UndoOutcome {
        // Whoever else is down is not this fault's to wait for; a primary that is gone for good has no slot to lack.
        guard await primary.look() != nil else { return .targetGone("the primary does not answer") }
        do {
            try await primary.makeSlot()
        } catch {
            return .failed("\(error)")
        }
        let end = MonotonicClock.now() + patience
        while MonotonicClock.now() < end {
            await Blocking.run { MonotonicClock.pause(milliseconds: 50) }
            if let status = try? await standby.status() {
                if !status.isInRecovery || status.isStreaming { return .restored }
            } else if (try? standby.server.postmaster()) == nil {
                return .targetGone("the standby is down")
            }
        }
        return .failed("\(standby.access.place): does not stream 30 s after its slot was made again")
    }

    public func observe() async throws -> Observation {
        var figures = await standby.observe()
        if let sight = await primary.look() { figures["slot"] = sight.hasSlot ? 1 : 0 }
        return figures
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["slot"] == 0 else { return .notYet("the primary has the slot, or does not answer") }
        guard now["receiving"] == 0 else { return .notYet("the standby has a walreceiver, or does not answer") }
        return .seen("the primary has no such slot, and the standby has no walreceiver")
    }
}
