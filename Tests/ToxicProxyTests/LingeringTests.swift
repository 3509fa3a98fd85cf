import Testing

@testable import ToxicProxy

@Suite struct LingeringTests {
    @Test func itTakesThreeShortWaitsAndOneLongOneEndsIt() {
        var lingering = Lingering()
        for waited in [0, 1, Lingering.most - 1] {
            #expect(!lingering.isWorthwhile)
            lingering.note(waited)
        }
        #expect(lingering.isWorthwhile)
        lingering.note(20_000)
        #expect(lingering.isWorthwhile)
        lingering.note(Lingering.most)
        #expect(!lingering.isWorthwhile)
    }

    /// A request now and then to a server that answers at once: every other wait is short.
    @Test func pausesBetweenRequestsKeepItFromLingering() {
        var lingering = Lingering()
        for _ in 0..<100 {
            lingering.note(30_000)
            #expect(!lingering.isWorthwhile)
            lingering.note(1_000_000)
            #expect(!lingering.isWorthwhile)
        }
    }
}
