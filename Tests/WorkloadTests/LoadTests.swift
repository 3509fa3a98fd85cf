import Glibc
import LinuxSystem
@testable import Scenarios
import SeededRandom
import Synchronization
import Testing
import Workload

@Suite struct LoadTests {
    @Test func arrivalsHaveTheirRateAndTheirSeed() {
        var first = ArrivalSchedule(rate: 100, seed: 3)
        var second = ArrivalSchedule(rate: 100, seed: 3)
        var last = 0.0
        for _ in 0..<10_000 {
            let moment = first.next()
            #expect(moment == second.next())
            #expect(moment > last)
            last = moment
        }
        // The mean of 10,000 exponential gaps has a standard deviation of 1 %.
        #expect(abs(last - 100) < 5)
    }

    @Test func theMixHasItsShareOfWrites() {
        var mix = RequestMix(name: "default", writes: 0.3, keyPrefix: "r", seed: 5)
        var keys: Set<String> = []
        for _ in 0..<10_000 {
            if case .order(let key, _, _) = mix.next() { #expect(keys.insert(key).inserted) }
        }
        #expect((2800...3200).contains(keys.count))
        var pages = RequestMix(name: "pages", writes: 0.3, keyPrefix: "r", seed: 5)
        var orders = 0
        for _ in 0..<10_000 {
            switch pages.next() {
            case .order: orders += 1
            case .page(100, _): break
            case let other: Issue.record("\(other) among pages")
            }
        }
        #expect((2800...3200).contains(orders))
        var reads = RequestMix(name: "reads", writes: 0.3, keyPrefix: "r", seed: 5)
        for _ in 0..<1000 { if case .order = reads.next() { Issue.record("a write among reads") } }
    }

    /// Answers after a while, or never.
    private struct SlowTransport: LoadTransport {
        let delay: Duration

        func send(_ request: LoadRequest) async -> (RequestOutcome, WriteOutcome) {
            do { try await Task.sleep(for: delay) } catch { return (.failure(.other, detail: "cancelled"), .unknown) }
            return (.success, .acked)
        }

        func storedKeys(prefix: String) async throws -> Set<String> { [] }
        func shutdown() async throws {}
    }

    /// Arrivals do not wait for answers, and latency counts from the intended moment.
    @Test func theLoopIsOpen() async throws {
        let path = "/tmp/brink-load-\(getpid())-\(UInt32.random(in: .min ... .max))"
        defer { try? SystemFile.removeTree(path) }
        let load = Load(
            destination: .http(.url("http://x")), rate: 200, mix: "reads", writes: 0, timeout: .seconds(5),
            maximumInFlight: 50)
        let recorder = LoadRecorder()
        let start = MonotonicClock.now()
        let generator = LoadGenerator(
            load: load, transport: SlowTransport(delay: .milliseconds(500)), recorder: recorder,
            ledger: try Ledger(path: path), start: start, keyPrefix: "k", seed: 9)
        await generator.begin()
        while recorder.inFlight < 50 { try await Task.sleep(for: .milliseconds(5)) }
        // With a closed loop of any size the service would never be offered more than it answers.
        while recorder.metrics(from: 0, to: 1e9)["errors.overload.rate"] ?? 0 == 0 {
            try await Task.sleep(for: .milliseconds(5))
        }
        await generator.end()
        #expect(recorder.inFlight == 0)
        let metrics = recorder.metrics(from: 0, to: 1e9)
        #expect(try #require(metrics["latency.p50"]) >= 0.499)
        #expect(metrics["errors.other.rate"] == 0)
    }
}
