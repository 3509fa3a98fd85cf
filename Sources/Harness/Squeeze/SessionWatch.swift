import Engine
import Events
import LinuxSystem
import Scenarios

/// Looks at everything ten times a second while a squeeze or a trace goes on: keeps the figures of the moment, tells the
/// guardian that the harness lives, and stops when an abort condition holds or a person wants it.
actor SessionWatch {
    private let ground: GuardedSession.Ground
    private let measurements: RunMeasurements
    private var aborts: [SustainedAbort]
    private var loop: Task<Void, Never>?
    /// Figures of the last second.
    private(set) var latest: [String: Double] = [:]
    /// Why to stop, once there is a reason; the first one counts.
    private(set) var stopReason: String?

    private static let interval = Duration.milliseconds(100)

    init(_ ground: GuardedSession.Ground, _ measurements: RunMeasurements, aborts: [Scenario.AbortCondition]) {
        self.ground = ground
        self.measurements = measurements
        self.aborts = aborts.map(SustainedAbort.init)
    }

    func begin() {
        loop = Task {
            while !Task.isCancelled {
                let next = MonotonicClock.now() + SessionWatch.interval
                let values = measurements.observe().now
                ground.guardian.beat()
                await ground.events.record(.sample(Sample(values: values)))
                take(values)
                let rest = next - MonotonicClock.now()
                guard rest > .zero else { continue }
                do { try await Task.sleep(for: rest) } catch { return }
            }
        }
    }

    func end() async {
        loop?.cancel()
        await loop?.value
        loop = nil
    }

    func stop(_ reason: String) {
        stopReason = stopReason ?? reason
    }

    /// Seconds since the session's start.
    nonisolated var seconds: Double { (MonotonicClock.now() - ground.start) / .seconds(1) }

    /// Lets time pass: for the duration, until there is a reason to stop, or until the figures are as asked.
    /// - Returns: false when it ended early.
    func pass(_ duration: Duration, unless isEnough: @Sendable ([String: Double]) -> Bool = { _ in false }) async
        -> Bool
    {
        let end = MonotonicClock.now() + duration
        while stopReason == nil, !isEnough(latest) {
            let rest = end - MonotonicClock.now()
            guard rest > .zero else { return true }
            do { try await Task.sleep(for: min(rest, SessionWatch.interval)) } catch { return false }
        }
        return false
    }

    private func take(_ values: [String: Double]) {
        latest = values
        let now = MonotonicClock.now()
        for index in aborts.indices where aborts[index].holds(values, at: now) {
            stop(aborts[index].reason)
        }
    }
}
