import Engine
import Faults
import Glibc
import LinuxSystem
import Postgres
import PostgresFixture
@testable import Scenarios
import Testing

/// What postgres.lose_unsynced and postgres.read_only_files accept, and what they take for an effect; StorageTests lets
/// them act, which needs a volume.
@Suite(.serialized, .enabled(if: FixtureCluster.isAvailable && getuid() == 0), ClusterTrait())
struct VolumeFaultTests {
    private func fault(
        _ name: String, _ parameters: [String: ParameterValue] = [:], on target: ResolvedTarget
    ) throws(FaultError) -> any Fault {
        try FaultRegistry.make(
            FaultSpecification(
                id: "f", name: name, target: "db", trigger: .at(.zero), duration: .seconds(1),
                parameters: Parameters(parameters)), on: target)
    }

    /// - Parameter place: what the volume's mount point is said to be; the cluster's own folder when left out.
    private func target(_ place: String? = nil) throws -> ResolvedTarget {
        let cluster = try #require(ClusterTrait.cluster)
        let server = try cluster.start(cgroup: nil)
        var target = ResolvedTarget(id: "db")
        target.postgres = server
        target.isScratchCluster = true
        target.database = DatabaseAccess(connection: cluster.connection(), cluster: server, isScratch: true)
        target.volume = MappedVolume(
            mountPoint: place ?? SystemFile.parent(of: server.dataDirectory), file: "/x.volume",
            deviceName: "brink-x", uuid: "BRINK-x")
        return target
    }

    private func isSeen(_ fault: any Fault, _ before: Observation, _ now: Observation) -> Bool {
        if case .seen = fault.verify(before: before, now: now) { true } else { false }
    }

    @Test(arguments: ["postgres.lose_unsynced", "postgres.read_only_files"])
    func onlyAVolumeOfBrinksOwnIsHit(_ name: String) throws {
        var without = try target()
        without.volume = nil
        #expect(throws: FaultError.self) { try fault(name, on: without) }
        #expect(throws: FaultError.self) { try fault(name, on: try target("/elsewhere")) }
    }

    /// On somebody else's server a lost or damaged page is not brought back by putting a file back.
    @Test func onlyARunsOwnClusterMayLoseData() throws {
        let own = try target()
        var foreign = own
        foreign.isScratchCluster = false
        for setting in ["zero_damaged_pages=on", "FSYNC=off", "Full_Page_Writes = off"] {
            #expect(throws: Never.self) { try fault("postgres.settings", ["set": .text(setting)], on: own) }
            let error = #expect(throws: FaultError.self) {
                try fault("postgres.settings", ["set": .text(setting)], on: foreign)
            }
            #expect("\(error.map { "\($0)" } ?? "")".contains("refused"))
        }
        for setting in ["ARCHIVE_COMMAND=true", "Port=1", "Listen_Addresses=*"] {
            #expect(throws: FaultError.self) { try fault("postgres.settings", ["set": .text(setting)], on: own) }
        }
        for name in ["disk.full", "disk.inodes"] {
            let error = #expect(throws: FaultError.self) { try fault(name, ["path": .text("/dev/shm")], on: foreign) }
            #expect("\(error.map { "\($0)" } ?? "")".contains("refused"), "\(name)")
        }
    }

    @Test func aPowerLossIsSeenOnlyWhenJustTheUnflushedIsGone() throws {
        let loss = try fault("postgres.lose_unsynced", on: try target())
        let before = ["start": 1.0, "ready": 1]
        #expect(isSeen(loss, before, ["start": 2, "ready": 1, "kept": 1, "lost": 1]))
        #expect(!isSeen(loss, before, ["start": 2, "ready": 1, "kept": 1, "lost": 0]))
        #expect(!isSeen(loss, before, ["start": 2, "ready": 1, "kept": 0, "lost": 1]))
        #expect(!isSeen(loss, before, ["start": 1, "ready": 1, "kept": 1, "lost": 1]))
        #expect(!isSeen(loss, before, ["start": 2, "ready": 0, "kept": 1, "lost": 1]))
        #expect(!isSeen(loss, before, before))
        let target = try target()
        #expect(throws: FaultError.self) {
            try fault("postgres.lose_unsynced", ["lies": .duration(.seconds(61))], on: target)
        }
    }

    @Test func filesAreSeenToRefuseOnlyWhenPostgreSQLFeelsIt() async throws {
        let frozen = try fault("postgres.read_only_files", on: try target())
        let before = try await frozen.observe()
        #expect(before == ["errno": 0, "server": 0])
        #expect(isSeen(frozen, before, ["errno": 1, "server": 1]))
        #expect(isSeen(frozen, before, ["errno": 30, "server": 2]))
        #expect(!isSeen(frozen, before, ["errno": 1, "server": 0]))
        #expect(!isSeen(frozen, before, ["errno": 0, "server": 1]))
        #expect(!isSeen(frozen, ["errno": 1, "server": 1], ["errno": 1, "server": 1]))
    }
}
