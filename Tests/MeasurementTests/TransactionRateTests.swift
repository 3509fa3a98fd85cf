import Testing

@testable import Measurement

@Suite struct TransactionRateTests {
    /// Ten readings in a second, of a total that grows in jumps.
    @Test func theRateIsOverSeconds() throws {
        let rate = TransactionRate()
        var last: Double?
        for tick in 0...40 {
            let time = Duration.milliseconds(tick * 100)
            // Thirty more each second, all of them at once.
            last = rate.take(Double(tick / 10 * 30), ours: 0, at: time)
            #expect((last == nil) == (tick < 10))
        }
        #expect(try #require(last) == 30)
    }

    @Test func ourOwnAreNotCounted() throws {
        let rate = TransactionRate()
        var last: Double?
        for tick in 0...30 {
            // Two of others in each tenth of a second, and one of ours.
            last = rate.take(Double(1000 + tick * 3), ours: Double(40 + tick), at: .milliseconds(tick * 100))
        }
        #expect(abs(try #require(last) - 20) < 1e-9)
    }

    /// PostgreSQL discards its statistics when it recovers from a crash.
    @Test func aServerThatCrashedCountsFromZero() throws {
        let rate = TransactionRate()
        for tick in 0...20 { _ = rate.take(Double(500 + tick), ours: Double(tick), at: .milliseconds(tick * 100)) }
        #expect(rate.take(0, ours: 30, at: .seconds(4)) == nil)
        #expect(rate.take(11, ours: 31, at: .seconds(5)) == 10)
    }
}
