import Consistency
import Testing

/// What only several transactions together give away: for each cycle a history that has it, and a near miss.
@Suite struct ListAppendCycleTests {
    @Test func dirtyWrite() throws {
        let writers = [
            transaction(1, append(1, to: 1), append(1, to: 2)), transaction(2, append(2, to: 1), append(2, to: 2)),
        ]
        let crossed = try ListAppendCheck().check(writers + [transaction(3, read(1, 1, 2), read(2, 2, 1))])
        #expect(crossed.count(of: .g0) == 1)
        #expect(crossed.violates(.readCommitted))
        #expect(
            crossed.anomalies.first?.explanation
                == "T1 appended 1 to key 1, after which T2 appended 2; T2 appended 2 to key 2, after which T1 appended 1"
        )
        let parallel = try ListAppendCheck().check(writers + [transaction(3, read(1, 1, 2), read(2, 1, 2))])
        #expect(parallel.anomalies.isEmpty)
    }

    @Test func circularInformationFlow() throws {
        #expect(
            try kinds(
                transaction(1, append(1, to: 1), read(2, 2)), transaction(2, append(2, to: 2), read(1, 1))) == [.g1c])
        #expect(
            try kinds(
                transaction(1, append(1, to: 1), read(2)), transaction(2, append(2, to: 2), read(1, 1))) == [])
    }

    /// Each reads what the one before it appended, all around; the last two also read each other. However many edges come
    /// before theirs, that is the cycle that is told.
    @Test func theShortestOfAKnotIsTold() throws {
        let count = 900
        let ring = (1...count).map { number in
            let before = number == 1 ? count : number - 1
            let reads = [read(before, before)] + (number == count - 1 ? [read(count, count)] : [])
            return ListAppendTransaction(
                id: number, invoked: 0, completed: 1000, outcome: .committed,
                operations: reads + [append(number, to: number)])
        }
        let report = try ListAppendCheck().check(ring)
        #expect(report.isExhaustive)
        #expect(report.anomalies.map(\.kind) == [.g1c])
        #expect(Set(report.anomalies.first?.transactions ?? []) == [count - 1, count])
    }

    @Test func lostUpdate() throws {
        let report = try ListAppendCheck().check([
            transaction(1, read(1), append(1, to: 1)), transaction(2, read(1), append(2, to: 1)),
            transaction(3, read(1, 1, 2)),
        ])
        #expect(report.anomalies.map(\.kind) == [.gSingle])
        #expect(
            report.anomalies.first?.explanation
                == "T2 read key 1 without 1, which T1 appended; T1 appended 1 to key 1, after which T2 appended 2")
        #expect(!report.violates(.readCommitted))
        #expect(report.violates(.repeatableRead))
        #expect(
            try kinds(
                transaction(1, read(1), append(1, to: 1)), transaction(2, read(1, 1), append(2, to: 1)),
                transaction(3, read(1, 1, 2))) == [])
    }

    @Test func readSkew() throws {
        let writer = transaction(1, append(1, to: 1), append(1, to: 2))
        #expect(try kinds(writer, transaction(2, read(1), read(2, 1))) == [.gSingle])
        #expect(try kinds(writer, transaction(2, read(1, 1), read(2, 1))) == [])
        // A read that is not repeatable.
        #expect(try kinds(transaction(1, append(1, to: 1)), transaction(2, read(1), read(1, 1))) == [.gSingle])
    }

    @Test func longFork() throws {
        let writers = [transaction(1, append(1, to: 1)), transaction(2, append(2, to: 2))]
        let fork = try ListAppendCheck().check(
            writers + [transaction(3, read(1, 1), read(2)), transaction(4, read(1), read(2, 2))])
        #expect(fork.anomalies.map(\.kind) == [.gNonadjacent])
        #expect(fork.violates(.repeatableRead))
        #expect(
            try ListAppendCheck().check(
                writers + [transaction(3, read(1, 1), read(2)), transaction(4, read(1, 1), read(2, 2))]
            ).anomalies.isEmpty)
    }

    @Test func writeSkew() throws {
        let skew = try ListAppendCheck().check([
            transaction(1, read(1), read(2), append(1, to: 1)), transaction(2, read(1), read(2), append(2, to: 2)),
            transaction(3, read(1, 1), read(2, 2)),
        ])
        #expect(skew.anomalies.map(\.kind) == [.g2Item])
        #expect(
            skew.anomalies.first?.explanation
                == "T1 read key 2 without 2, which T2 appended; T2 read key 1 without 1, which T1 appended")
        #expect(!skew.violates(.repeatableRead))
        #expect(skew.violates(.serializable))
        #expect(skew.violates(.strictSerializable))
        #expect(
            try kinds(
                transaction(1, read(1), read(2), append(1, to: 1)),
                transaction(2, read(1, 1), read(2), append(2, to: 2)), transaction(3, read(1, 1), read(2, 2))) == [])
    }

    @Test func writeSkewThatNobodyReadAfterwards() throws {
        #expect(
            try kinds(transaction(1, read(2), append(1, to: 1)), transaction(2, read(1), append(2, to: 2)))
                == [.g2Item])
        #expect(try kinds(transaction(1, read(2), append(1, to: 1)), transaction(2, append(2, to: 2))) == [])
        // Its own append must not look like another's.
        #expect(try kinds(transaction(1, read(1), append(1, to: 1))) == [])
    }

    @Test func readOnlyAnomaly() throws {
        // Fekete, O'Neil, O'Neil, "A read-only transaction anomaly under snapshot isolation" (2004).
        let writers = [
            transaction(1, read(1), append(1, to: 1)), transaction(2, read(1), read(2), append(2, to: 2)),
        ]
        #expect(try ListAppendCheck().check(writers).anomalies.isEmpty)
        let report = try ListAppendCheck().check(
            writers + [transaction(3, read(1, 1), read(2)), transaction(4, read(2, 2))])
        #expect(report.anomalies.map(\.kind) == [.g2Item])
        #expect(report.anomalies.first?.transactions.count == 3)
    }

    @Test func staleRead() throws {
        let writer = transaction(1, append(1, to: 1), at: 0...10)
        let later = transaction(3, read(1, 1), at: 40...50)
        let stale = try ListAppendCheck().check([writer, transaction(2, read(1), at: 20...30), later])
        #expect(stale.anomalies.map(\.kind) == [.gSingleRealtime])
        #expect(
            stale.anomalies.first?.explanation
                == "T2 read key 1 without 1, which T1 appended; T1 was complete before T2 was invoked")
        #expect(!stale.violates(.serializable))
        #expect(stale.violates(.strictSerializable))
        #expect(try kinds(writer, transaction(2, read(1), at: 10...30), later) == [])
    }

    @Test func writesAgainstRealTime() throws {
        let last = transaction(3, read(1, 1, 2), at: 40...50)
        #expect(
            try kinds(
                transaction(1, append(1, to: 1), at: 20...30), transaction(2, append(2, to: 1), at: 0...10), last)
                == [.g0Realtime])
        #expect(
            try kinds(
                transaction(1, append(1, to: 1), at: 5...30), transaction(2, append(2, to: 1), at: 0...10), last)
                == [])
    }

    @Test func readFromTheFuture() throws {
        #expect(
            try kinds(transaction(1, read(1, 1), at: 0...10), transaction(2, append(1, to: 1), at: 20...30))
                == [.g1cRealtime])
        #expect(
            try kinds(transaction(1, read(1, 1), at: 0...20), transaction(2, append(1, to: 1), at: 20...30)) == [])
    }

    @Test func longForkInTime() throws {
        // T3 saw T2's append and missed T1's, T4 the other way round: T1's it must have seen by the clock.
        func report(_ time: ClosedRange<Int64>) throws -> ListAppendReport {
            try ListAppendCheck().check([
                transaction(1, append(1, to: 1), at: 0...10), transaction(2, append(2, to: 2), at: 0...50),
                transaction(3, read(1), read(2, 2), at: 5...60), transaction(4, read(2), at: time),
                transaction(5, read(1, 1), read(2, 2), at: 70...80),
            ])
        }
        let fork = try report(20...30)
        #expect(fork.anomalies.map(\.kind) == [.gNonadjacentRealtime])
        #expect(!fork.violates(.serializable))
        #expect(try report(10...30).anomalies.isEmpty)
    }

    @Test func skewInTime() throws {
        // T1 missed T2's append, T3 missed T1's, and by the clock T3 came after T2.
        func report(_ time: ClosedRange<Int64>) throws -> ListAppendReport {
            try ListAppendCheck().check([
                transaction(1, read(2), append(1, to: 1), at: 0...50), transaction(2, append(2, to: 2), at: 0...10),
                transaction(3, read(1), at: time), transaction(4, read(1, 1), read(2, 2), at: 70...80),
            ])
        }
        let skew = try report(20...60)
        #expect(skew.anomalies.map(\.kind) == [.g2ItemRealtime])
        #expect(!skew.violates(.serializable))
        #expect(try report(10...60).anomalies.isEmpty)
    }
}
