import Engine
import Scenarios

/// All kinds of faults, by name. The one place that lists them.
public struct FaultRegistry: Sendable {
    public static let kinds: [any FaultKind.Type] = [
        MemoryHighFault.self, MemoryMaxFault.self, MemoryLowFault.self, MemoryMinFault.self, SwapMaxFault.self,
        ZswapFault.self, OOMGroupFault.self, MemoryReclaimFault.self, MemoryBalloonFault.self, PageCacheFault.self,
        MemoryLeakFault.self, OOMKillFault.self, PressureHoldFault.self,
        CPUMaxFault.self, CPUWeightFault.self, CPUIdleFault.self, AffinityFault.self, CpusetFault.self,
        CPUBurnerFault.self,
        CgroupFreezeFault.self, CgroupStutterFault.self, CgroupKillFault.self, CgroupProfileFault.self,
        ContainerRestartFault.self,
        PidsMaxFault.self, OpenFilesLimitFault.self, ProcessCountLimitFault.self, AddressSpaceLimitFault.self,
        DataSizeLimitFault.self, StackSizeLimitFault.self, FileSizeLimitFault.self, LockedMemoryLimitFault.self,
        CoreSizeLimitFault.self, DescriptorHoardFault.self,
        ProcessSignalFault.self, ServiceRestartFault.self, PriorityFault.self, TimerSlackFault.self, OOMScoreFault.self,
        IOMaxFault.self, IOWeightFault.self, DiskFullFault.self, InodesFault.self, FsyncStormFault.self,
        DiskDelayFault.self, DiskFlakyFault.self, SyscallInjectFault.self,
        PostgresRestartFault.self, PostgresKillFault.self, CrashLoopFault.self, SlowStartFault.self,
        RefusedStartFault.self, ServerSettingsFault.self,
        TableLockFault.self, IdleInTransactionFault.self,
        RowLockFault.self, AdvisoryLockFault.self, DeadlockFault.self, DDLQueueFault.self, OldSnapshotFault.self,
        PreparedTransactionFault.self, TerminateFault.self, CancelFault.self, BloatFault.self,
        StuckAuthenticationFault.self, OutOfLocksFault.self, OutOfMemoryFault.self, RunawayQueryFault.self,
        ProvokedErrorsFault.self, PlanInvalidationFault.self,
        ReplayPauseFault.self, ReplicationLagFault.self, ReplicationCutFault.self, SlotLostFault.self,
        PromoteFault.self,
        PoolerPauseFault.self, PoolerKillFault.self, PoolerReloadFault.self, PoolerSizeFault.self, PoolerModeFault.self,
        CacheExpireFault.self, CacheInvalidateFault.self, CacheEvictFault.self, CachePoisonFault.self,
        CacheStaleFault.self, CacheStampedeFault.self, CacheSlowFault.self, CacheMemoryFault.self, CacheKillFault.self,
        CorruptIndexFault.self, ReadOnlyFilesFault.self, LoseUnsyncedFault.self,
        ConnectionHoardFault.self, EphemeralPortsFault.self,
        ClientBurstFault.self, SlowClientsFault.self, ClientChurnFault.self,
        LatencyToxicFault.self, BandwidthToxicFault.self, TimeoutToxicFault.self, ResetPeerToxicFault.self,
        DownToxicFault.self, SlowCloseToxicFault.self, SlicerToxicFault.self, LimitDataToxicFault.self,
        StallToxicFault.self, HalfOpenToxicFault.self, CorruptToxicFault.self, DuplicateToxicFault.self,
        DropToxicFault.self, PacketLossToxicFault.self, PostgresToxicFault.self,
        PacketDelayFault.self, PacketLossFault.self, PacketDuplicateFault.self, PacketReorderFault.self,
        PacketCorruptFault.self, PacketRateFault.self, PacketSlotFault.self, PacketMixFault.self,
        PacketPartitionFault.self, NameFailureFault.self, NameDelayFault.self,
        KeySetDownFault.self, KeySetSlowFault.self, KeySetGarbageFault.self, KeySetRateLimitFault.self,
        KeyRotationFault.self, KeyCollisionFault.self, IssuerClockFault.self, TokenLifeFault.self, TokenCacheFault.self,
    ]

    /// Schemas of all kinds, in the order of the reference.
    public static var schemas: [FaultSchema] { kinds.map { $0.schema } }

    /// Names of the kinds that take memory from their target, so that an OOM kill there is meant to happen.
    public static var pressingMemory: Set<String> {
        Set(schemas.filter { $0.requirements.contains("memory controller") }.map(\.name))
            .union([CgroupProfileFault.schema.name])
    }

    /// Names of the kinds that can keep a PostgreSQL from taking connections, so that its door is watched: all that act
    /// on its processes, files or machine rather than by SQL.
    public static var closingDoors: Set<String> {
        Set(
            schemas.filter { !$0.targets.isDisjoint(with: [.postgres, .volume, .process, .cgroup, .service]) }.map(
                \.name))
    }

    /// Whether a fault is to act on a link's packets: it needs interfaces of its own then.
    public static func needsInterfaces(_ link: String, in scenario: Scenario) -> Bool {
        let kinds = Set(kinds.filter { $0 is any PacketPathFault.Type }.map { $0.schema.name })
        return scenario.faults.contains { $0.target == link && kinds.contains($0.name) }
    }

    /// What a fault will write to a cgroup that is not there yet.
    public static func foresee(_ specification: FaultSpecification) -> [ForeseenWrite] {
        kinds.first { $0.schema.name == specification.name }?.foresee(specification) ?? []
    }

    /// Makes the fault that a specification asks for.
    public static func make(
        _ specification: FaultSpecification, on target: ResolvedTarget
    ) throws(FaultError) -> any Fault {
        guard let kind = kinds.first(where: { $0.schema.name == specification.name }) else {
            throw FaultError("no fault is called \(specification.name)")
        }
        return try kind.init(specification, on: target)
    }
}
