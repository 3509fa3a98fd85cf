import Testing
@testable import Workload

/// Requests that nobody answers.
struct UnansweredLoadTests {
    @Test func theFirstOnesAreNotLateYet() {
        let recorder = LoadRecorder()
        recorder.arrived(at: 4.1)
        recorder.arrived(at: 4.15)
        // The window began before the load did.
        #expect(recorder.metrics(from: 3.2, to: 4.2)["errors.rate"] == nil)
        #expect(recorder.metrics(from: 3.2, to: 4.2)["arrivals"] == 2)
    }

    /// With few requests a second, chance leaves a second without any now and then.
    @Test func theFirstOneAfterAPauseIsNotLateYet() {
        let recorder = LoadRecorder()
        recorder.arrived(at: 1)
        recorder.finished(at: 1.05, intended: 1, .success)
        recorder.arrived(at: 2.9)
        #expect(recorder.metrics(from: 2, to: 3)["errors.rate"] == nil)
        // It is late by now.
        #expect(recorder.metrics(from: 2.5, to: 3.5)["errors.rate"] == 1)
    }

    @Test func aWholeWindowWithoutAnAnswerIsNoGoodService() {
        let recorder = LoadRecorder()
        for tick in 0..<20 { recorder.arrived(at: 4 + Double(tick) / 10) }
        #expect(recorder.metrics(from: 4.5, to: 5.5)["errors.rate"] == 1)
        // Nobody asked, so nobody was left without an answer.
        #expect(recorder.metrics(from: 10, to: 11)["errors.rate"] == nil)
    }
}
