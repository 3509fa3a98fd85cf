import Testing

@testable import Squeeze

struct WorkingSetTrackerTests {
    /// A target that uses `hot` of what is charged to it. What is reclaimed comes from the cold part first; what is
    /// taken from the hot part comes back within the round, at a cost.
    /// - Parameter hotFirst: so many bytes of the hot part come before the cold part, as in a list by time of reading.
    private func follow(
        hot: Double, cold: Double, stallPerByte: Double, hotFirst: Double = 0
    ) -> (WorkingSetTracker, rounds: Int) {
        var hotFirst = hotFirst
        var tracker = WorkingSetTracker()
        var charged = hot + cold
        var refaulted = 0.0
        var rounds = 0
        while true {
            rounds += 1
            let action = tracker.handle(
                .init(
                    time: Double(rounds) * 2, current: charged, stalled: min(refaulted * stallPerByte, 1),
                    refaulted: refaulted))
            refaulted = 0
            switch action {
            case .reclaim(let bytes) where hotFirst > 0:
                hotFirst -= bytes
                refaulted = bytes
            case .reclaim(let bytes):
                charged -= bytes
                if charged < hot {
                    refaulted = hot - charged
                    charged = hot
                }
            case .wait: break
            case .finish: return (tracker, rounds)
            }
        }
    }

    @Test(arguments: [0.0, 1e-9, 1e-6])
    func theHotPartIsWhatIsLeft(stallPerByte: Double) throws {
        let (tracker, rounds) = follow(hot: 200e6, cold: 300e6, stallPerByte: stallPerByte)
        let estimate = try #require(tracker.estimates.last)
        #expect(estimate.isSteady)
        #expect(abs(estimate.value - 200e6) <= 4e6, "\(estimate)")
        #expect(rounds <= 90, "\(rounds)")
    }

    /// What is used is what the kernel takes first: it comes back, and is no proof that all the rest is used too.
    @Test func aBadBeginningIsNotTheAnswer() throws {
        let (tracker, rounds) = follow(hot: 96e6, cold: 48e6, stallPerByte: 0, hotFirst: 96e6)
        let estimate = try #require(tracker.estimates.last)
        #expect(estimate.isSteady && abs(estimate.value - 96e6) <= 2e6, "\(estimate)")
        #expect(rounds <= 90, "\(rounds)")
    }

    @Test func underPressureNothingIsTaken() {
        var tracker = WorkingSetTracker()
        #expect(tracker.handle(.init(time: 1, current: 1e8, stalled: 0.02, refaulted: 0)) == .wait)
        guard case .reclaim(let bytes) = tracker.handle(.init(time: 2, current: 1e8, stalled: 0.005, refaulted: 0))
        else {
            Issue.record("half the bound leaves room")
            return
        }
        // 2.5 % after one halving, a quarter more for the calm, and half of that since half the bound is used up.
        #expect(abs(bytes - 1.5625e6) < 1)
    }

    @Test func aTargetThatGivesForeverIsNotSteady() {
        var tracker = WorkingSetTracker()
        var charged = 1e9
        var rounds = 0
        while case .reclaim(let bytes) = tracker.handle(
            .init(time: 0, current: charged, stalled: 0, refaulted: 0))
        {
            charged -= bytes
            rounds += 1
        }
        #expect(!tracker.isSteady)
        #expect(rounds <= 300)
    }
}
