import Cgroups
import Events
import LinuxSystem

/// Watches for OOM kills while a run goes on, and tells of each who it was, whether it was meant to be, and what led to
/// it. Only reads.
public actor OOMWatch {
    /// Fifty readings a second, for ten seconds.
    static let interval = Duration.milliseconds(20)
    static let capacity = 500
    /// How often it is looked which processes belong to whom; a kill's own line can be left out of the kernel's log.
    private static let rosterInterval = Duration.milliseconds(500)
    /// How often the counters are looked at, which tell nothing that the log has not told before.
    private static let countInterval = Duration.milliseconds(250)
    /// How long a counter may be ahead of the kernel's log before the kill is told without a name.
    private static let patience = Duration.milliseconds(500)

    private let watched: [WatchedCgroup]
    private let stressor: String
    private let table: ProcessTable
    private let logPath: String
    private let otherTrees: @Sendable (String) -> Bool
    private let report: @Sendable (OOMKill) async -> Void
    private var rings: [String: MemoryRing] = [:]
    private var atStart: [String: [String: UInt64]] = [:]
    /// Kills of each place that are told already.
    private var told: [String: UInt64] = [:]
    private var aheadSince: [String: Duration] = [:]
    /// When the readings of a place were told last.
    private var leadTold: [String: Duration] = [:]
    /// Cgroup of each process that was seen in a watched place.
    private var roster: [Int32: String] = [:]
    /// Processes of a target that is a process and those below it.
    private var families: [String: Set<Int32>] = [:]
    private var rosterDue = Duration.zero
    private var countDue = Duration.zero
    private var log: KernelLog?
    private var reader = OOMNotice.Reader()
    private var loop: Task<Void, Never>?

    /// - Parameters:
    ///   - stressor: name of Brink's own stressors, with which their cgroups' names begin.
    ///   - logPath: the kernel's log.
    ///   - otherTrees: whether a cgroup at the top is the tree of another run.
    ///   - report: told of each kill.
    public init(
        _ watched: [WatchedCgroup], stressor: String, table: ProcessTable = ProcessTable(),
        logPath: String = "/dev/kmsg", otherTrees: @escaping @Sendable (String) -> Bool = { _ in false },
        report: @escaping @Sendable (OOMKill) async -> Void
    ) {
        self.watched = watched
        self.stressor = stressor
        self.table = table
        self.logPath = logPath
        self.otherTrees = otherTrees
        self.report = report
    }

    /// Begins to watch.
    /// - Returns: why kills cannot be given a name, where the kernel's log cannot be read.
    public func begin() -> String? {
        guard !watched.isEmpty else { return nil }
        for place in watched {
            atStart[place.id] = (try? place.cgroup.readCounters("memory.events")) ?? [:]
            if place.isPressed {
                rings[place.id] = MemoryRing(place.id, cgroup: place.cgroup, capacity: OOMWatch.capacity)
            }
        }
        var trouble: String?
        do throws(SystemError) {
            log = try KernelLog(path: logPath)
        } catch {
            trouble = "OOM kills are counted but cannot be given a name: \(error)"
        }
        loop = Task { await self.watch() }
        return trouble
    }

    /// Stops, after one last look.
    public func end() async {
        loop?.cancel()
        await loop?.value
        loop = nil
    }

    // MARK: Watching

    private func watch() async {
        var isLast = false
        while true {
            let now = MonotonicClock.now()
            look(at: now)
            for line in newMessages() {
                if let notice = reader.take(line) { await tell(notice, at: now) }
            }
            if isLast || now >= countDue {
                countDue = now + OOMWatch.countInterval
                await tellCounted(at: now, isLast: isLast)
            }
            if isLast { return }
            isLast = await OOMWatch.pause(since: now)
        }
    }

    private func newMessages() -> [String] {
        // What the log cannot give is counted all the same.
        (try? log?.newMessages()) ?? []
    }

    /// - Returns: whether the watch was ended meanwhile.
    private static func pause(since now: Duration) async -> Bool {
        do {
            try await Task.sleep(for: max(.zero, now + interval - MonotonicClock.now()), tolerance: .zero)
            return false
        } catch {
            return true
        }
    }

    private func look(at now: Duration) {
        for id in rings.keys { rings[id]?.read(at: now) }
        guard now >= rosterDue else { return }
        rosterDue = now + OOMWatch.rosterInterval
        for place in watched {
            if let process = place.process {
                // A process that has ended keeps the family it had: one of them may have been killed just now.
                if let family = try? table.descendants(of: [process.pid]), !family.isEmpty {
                    families[place.id] = Set(family + [process.pid])
                } else if families[place.id] == nil {
                    families[place.id] = [process.pid]
                }
            }
            record(place.cgroup)
        }
    }

    private func record(_ cgroup: Cgroup) {
        for pid in (try? cgroup.processes()) ?? [] { roster[pid] = cgroup.path }
        for child in (try? cgroup.children()) ?? [] { record(child) }
    }

    // MARK: Telling

    private func tell(_ notice: OOMNotice, at now: Duration) async {
        var victim = notice.victim
        // The log knows only cgroups that have the memory controller; a stressor's has none.
        victim.cgroup = [victim.cgroup, roster[victim.pid]].compactMap(\.self).max { $0.count < $1.count }
        let holders = watched.filter { place in
            let path = place.cgroup.path
            return victim.cgroup.map { path.isEmpty || $0 == path || $0.hasPrefix("\(path)/") } ?? false
        }
        // The kernel's log is the whole machine's: what other runs beside this one do is not this one's.
        guard !holders.isEmpty || !isOfAnotherRun(victim.cgroup ?? notice.limitedBy) else { return }
        for place in holders { told[place.id, default: 0] += 1 }
        let owner =
            holders.filter { families[$0.id]?.contains(victim.pid) ?? true }
            // The innermost place knows best; of two alike, the one that was to be pressed.
            .max { ($0.cgroup.path.count, $0.isPressed ? 1 : 0) < ($1.cgroup.path.count, $1.isPressed ? 1 : 0) }
        let isStressor =
            victim.name == stressor
            || victim.cgroup?.split(separator: "/").contains { $0.hasPrefix("\(stressor)-") } ?? false
        let role: OOMKill.Role =
            isStressor
            ? .stressor : owner?.isPressed == true ? .intended : victim.cgroup == nil ? .unknown : .bystander
        let place = owner ?? holders.first
        await report(
            OOMKill(
                target: place?.id, role: role, victim: victim, limitedBy: notice.limitedBy,
                events: place.map { growth(of: $0) } ?? [:], lead: lead(for: place, notice, at: now)))
    }

    /// Whether a cgroup lies below the tree of another run.
    private func isOfAnotherRun(_ path: String?) -> Bool {
        guard let top = path?.split(separator: "/").first.map(String.init) else { return false }
        return otherTrees(top)
    }

    /// The readings of the victim's own place, or else of a pressed one: what was done there is what led to it.
    private func lead(for place: WatchedCgroup?, _ notice: OOMNotice, at now: Duration) -> OOMKill.Lead? {
        if let place, rings[place.id] != nil { return lead(of: place.id, at: now) }
        return rings.count == 1 ? rings.keys.first.flatMap { lead(of: $0, at: now) } : nil
    }

    /// Once for each filling of the ring: kills that follow each other closely have the same lead.
    private func lead(of id: String, at now: Duration) -> OOMKill.Lead? {
        if let last = leadTold[id], now - last < OOMWatch.interval * OOMWatch.capacity { return nil }
        leadTold[id] = now
        return rings[id]?.lead(to: now)
    }

    /// Kills that the counters show and the log does not: its line was lost, or cannot be read.
    private func tellCounted(at now: Duration, isLast: Bool) async {
        for place in watched {
            guard let count = growth(of: place)["oom_kill"], count > told[place.id, default: 0] else {
                aheadSince[place.id] = nil
                continue
            }
            let since = aheadSince[place.id] ?? now
            aheadSince[place.id] = since
            guard isLast || now - since >= OOMWatch.patience else { continue }
            told[place.id] = count
            await report(
                OOMKill(
                    target: place.id, role: .unknown, victim: nil, limitedBy: nil, events: growth(of: place),
                    lead: lead(of: place.id, at: now)))
        }
    }

    private func growth(of place: WatchedCgroup) -> [String: UInt64] {
        // A cgroup that was removed has no counters any more.
        guard let counters = try? place.cgroup.readCounters("memory.events") else { return [:] }
        let before = atStart[place.id] ?? [:]
        var growth: [String: UInt64] = [:]
        for (name, count) in counters {
            // Counters that went back belong to another cgroup of the same name.
            let earlier = before[name] ?? 0
            growth[name] = count >= earlier ? count - earlier : count
        }
        return growth
    }
}
