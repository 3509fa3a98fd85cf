import LinuxSystem
import Scenarios

/// Sends requests at their moments, whether or not earlier ones were answered, and records what came of each.
///
/// Latency counts from the intended moment: a generator that falls behind must not hide it (coordinated omission).
public actor LoadGenerator {
    private let load: Load
    private let source: any ArrivalSource
    private let recorder: LoadRecorder
    private let ledger: Ledger
    private let start: Duration
    private let seed: UInt64
    private var loop: Task<Void, Never>?
    private var ledgerTrouble: String?

    /// Sends the reference service's own requests.
    /// - Parameters:
    ///   - start: the run's zero on the monotonic clock.
    ///   - keyPrefix: begins the key of every write.
    public init(
        load: Load, transport: any LoadTransport, recorder: LoadRecorder, ledger: Ledger, start: Duration,
        keyPrefix: String, seed: UInt64
    ) {
        let mix = RequestMix(name: load.mix, writes: load.writes, keyPrefix: keyPrefix, seed: seed &+ 1)
        self.init(
            load: load, source: MixedArrivals(mix: mix, transport: transport), recorder: recorder, ledger: ledger,
            start: start, seed: seed)
    }

    /// - Parameters:
    ///   - source: what is sent.
    ///   - start: the run's zero on the monotonic clock.
    public init(
        load: Load, source: any ArrivalSource, recorder: LoadRecorder, ledger: Ledger, start: Duration, seed: UInt64
    ) {
        self.load = load
        self.source = source
        self.recorder = recorder
        self.ledger = ledger
        self.start = start
        self.seed = seed
    }

    /// Why the ledger could not be written, if it could not: such a run proves nothing about lost writes.
    public var trouble: String? { ledgerTrouble }

    /// Starts to send.
    public func begin() {
        guard loop == nil else { return }
        let first = MonotonicClock.now()
        loop = Task {
            var schedule = ArrivalSchedule(rate: load.rate, seed: seed)
            var source = self.source
            await withDiscardingTaskGroup { group in
                while !Task.isCancelled {
                    let due = first + .seconds(schedule.next())
                    let rest = due - MonotonicClock.now()
                    if rest > .zero {
                        do { try await Task.sleep(for: rest, tolerance: .milliseconds(1)) } catch { break }
                    }
                    let arrival = source.next()
                    let intended = (due - start).inSeconds
                    group.addTask { await self.perform(arrival, intended: intended) }
                }
            }
        }
    }

    /// Stops sending and waits for what is in flight, each at most for the load's timeout.
    public func end() async {
        loop?.cancel()
        await loop?.value
        loop = nil
    }

    private var now: Double { (MonotonicClock.now() - start).inSeconds }

    private func perform(_ arrival: Arrival, intended: Double) async {
        guard recorder.inFlight < load.maximumInFlight else {
            recorder.arrived(at: intended)
            recorder.finished(
                at: now, intended: intended, .failure(.overload, detail: "\(load.maximumInFlight) requests in flight"))
            return
        }
        recorder.arrived(at: intended)
        guard let key = arrival.key else {
            let (outcome, _) = await Self.shielded { await arrival.send() }
            recorder.finished(at: now, intended: intended, outcome)
            return
        }
        do {
            try await ledger.enter(key)
        } catch {
            ledgerTrouble = "\(error)"
            recorder.finished(at: now, intended: intended, .failure(.other, detail: "ledger: \(error)"))
            return
        }
        let (outcome, write) = await Self.shielded { await arrival.send() }
        do throws(SystemError) { try ledger.settle(key, write) } catch { ledgerTrouble = error.description }
        recorder.finished(at: now, intended: intended, outcome)
    }

    /// The end of the load must not cancel what is in flight: those requests deserve their answers.
    private static func shielded<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) async -> Value {
        await Task { await body() }.value
    }
}
