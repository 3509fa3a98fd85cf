/// Follows a target's working set by taking away gently what it does not use, until what is taken comes back.
///
/// Each round asks the kernel to reclaim `current · ratio · max(0, 1 − pressure / bound)`, as Meta's senpai does (Weiner
/// et al., "TMO: Transparent Memory Offloading in Datacenters", ASPLOS 2022, section 3.3). There the ratio is fixed and
/// small, for years of running; here it begins larger and halves under pressure, so that minutes are enough. Where
/// storage is so fast that pressure hardly shows, pages that come back right after they were taken are the sign. One
/// such round proves little, since the kernel may happen to begin with pages in use: the estimate is steady only when
/// as much as all there is has been asked for, bit by bit, and none of it was given. Pure: time and readings are
/// injected.
public struct WorkingSetTracker: Sendable {
    public struct Settings: Codable, Hashable, Sendable {
        /// Share of time stalled on memory above which nothing is taken, 0…1.
        public var pressureBound = 0.01
        /// Share of memory that a round takes at most, as it does at first, and at least.
        public var firstRatio = 0.05
        public var leastRatio = 0.0025
        /// The estimate is steady when so many rounds in a row stay within the tolerance.
        public var steadyRounds = 8
        /// Half the spread of a steady estimate, as a share of it.
        public var tolerance = 0.02
        /// Most rounds in all.
        public var maximumRounds = 300

        public init() {}
    }

    /// What was read at the end of a round.
    public struct Reading: Codable, Hashable, Sendable {
        /// Seconds on the run's clock.
        public var time: Double
        /// Bytes charged to the target.
        public var current: Double
        /// Share of the round that some task of the target stalled on memory, 0…1.
        public var stalled: Double
        /// Bytes that were read in again in the round after they had been reclaimed.
        public var refaulted: Double

        public init(time: Double, current: Double, stalled: Double, refaulted: Double) {
            self.time = time
            self.current = current
            self.stalled = stalled
            self.refaulted = refaulted
        }
    }

    public enum Action: Hashable, Sendable {
        /// Ask the kernel to reclaim so many bytes, then wait a round.
        case reclaim(bytes: Double)
        /// Wait a round.
        case wait
        case finish
    }

    public private(set) var readings: [Reading] = []
    /// The estimate after each reading, once there is one.
    public private(set) var estimates: [WorkingSetEstimate] = []
    private let settings: Settings
    private var ratio: Double
    private var asked = 0.0
    /// Bytes asked for since the target last gave some.
    private var refused = 0.0

    public init(_ settings: Settings = Settings()) {
        self.settings = settings
        ratio = settings.firstRatio
    }

    /// Takes the reading at a round's end and says what the next round does.
    public mutating func handle(_ reading: Reading) -> Action {
        readings.append(reading)
        if reading.stalled >= settings.pressureBound {
            // As good as a refusal of all that a round would ask for at first.
            refused += reading.current * settings.firstRatio
            ratio = max(ratio / 2, settings.leastRatio)
        } else {
            ratio = min(ratio * 1.25, settings.firstRatio)
            // At least half of what was taken came back: it belongs to the working set.
            if asked > 0 { refused = reading.refaulted >= asked / 2 ? refused + asked : 0 }
        }
        estimate()
        asked = 0
        if isSteady || readings.count >= settings.maximumRounds { return .finish }
        asked = reading.current * ratio * max(0, 1 - reading.stalled / settings.pressureBound)
        return asked >= 4096 ? .reclaim(bytes: asked) : .wait
    }

    /// Whether the last rounds agree, and the target has shown that it would not give more.
    public var isSteady: Bool { estimates.last?.isSteady ?? false }

    private mutating func estimate() {
        let recent = readings.suffix(settings.steadyRounds).map(\.current).sorted()
        guard let least = recent.first, let most = recent.last, let latest = readings.last else { return }
        let middle = recent[recent.count / 2]
        let isNarrow = most - least <= 2 * settings.tolerance * middle
        estimates.append(
            WorkingSetEstimate(
                time: latest.time, current: latest.current, stalled: latest.stalled, refaulted: latest.refaulted,
                reclaimed: asked, value: middle, low: least, high: most,
                isSteady: refused >= latest.current && isNarrow && recent.count == settings.steadyRounds))
    }
}
