import Synchronization
import Testing

@testable import Measurement

@Suite struct SamplerTests {
    /// Gives the numbers of a list, one for each reading; nil leaves a gap.
    private final class ListProbe: Probe {
        private let rest: Mutex<[Double?]>

        init(_ values: [Double?]) { rest = Mutex(values) }

        func read(into values: inout [String: Double]) {
            values["a"] = rest.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        }
    }

    @Test func theMeanAndTheHighestOfAStretch() throws {
        let sampler = Sampler(probes: [ListProbe([9, 1, nil, 5, 2, 70])], start: .zero)
        let times = (0..<6).map { _ in sampler.sample().time }
        let (from, to) = (times[1], times[4])
        #expect(sampler.peak(of: "a", from: from, to: to) == 5)
        #expect(try #require(sampler.mean(of: "a", from: from, to: to)) == 8.0 / 3)
        #expect(sampler.peak(of: "b", from: from, to: to) == nil)
        #expect(sampler.peak(of: "a", from: times[2], to: times[2]) == nil)
    }
}
