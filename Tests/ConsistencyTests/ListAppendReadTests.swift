import Consistency
import Testing

/// What single reads give away: for each anomaly a history that shows it, and a near miss.
@Suite struct ListAppendReadTests {
    @Test func garbageRead() throws {
        #expect(try kinds(transaction(1, append(1, to: 1)), transaction(2, read(1, 1, 9))) == [.garbageRead])
        #expect(try kinds(transaction(1, append(1, to: 1)), transaction(2, read(1, 1))) == [])
    }

    @Test func duplicateElement() throws {
        let writer = transaction(1, append(1, to: 1))
        #expect(try kinds(writer, transaction(2, read(1, 1, 1))) == [.duplicateElement])
        // The same element in another key is another element.
        #expect(
            try kinds(writer, transaction(3, append(1, to: 2)), transaction(2, read(1, 1), read(2, 1))) == [])
    }

    @Test func incompatibleOrder() throws {
        let writers = [transaction(1, append(1, to: 1)), transaction(2, append(2, to: 1))]
        let odd = try ListAppendCheck().check(
            writers + [transaction(3, read(1, 1, 2)), transaction(4, read(1, 2, 1))])
        #expect(odd.anomalies.map(\.kind) == [.incompatibleOrder])
        #expect(odd.anomalies.first?.explanation == "T3 read key 1 as [1, 2], T4 as [2, 1]")
        #expect(odd.violates(.readCommitted))
        #expect(
            try ListAppendCheck().check(
                writers + [transaction(3, read(1, 1, 2)), transaction(4, read(1, 1))]
            ).anomalies.isEmpty)
    }

    @Test func internalRead() throws {
        #expect(try kinds(transaction(1, append(1, to: 1), read(1))) == [.internalRead])
        #expect(try kinds(transaction(1, append(1, to: 1), read(1, 1))) == [])
        // From its own future.
        #expect(try kinds(transaction(1, read(1, 1), append(1, to: 1))) == [.internalRead])
        #expect(try kinds(transaction(1, read(1), append(1, to: 1))) == [])
        #expect(
            try kinds(transaction(1, read(1, 7), append(1, to: 1), read(1, 7, 1)), transaction(2, append(7, to: 1)))
                == [])
    }

    @Test func abortedRead() throws {
        let aborted = transaction(1, append(1, to: 1), outcome: .aborted)
        #expect(try kinds(aborted, transaction(2, read(1, 1))) == [.g1a])
        #expect(try kinds(aborted, transaction(2, read(1))) == [])
        // Only another aborted transaction saw it.
        #expect(try kinds(aborted, transaction(2, read(1, 1), outcome: .aborted)) == [])
    }

    @Test func intermediateRead() throws {
        let writer = transaction(1, append(1, to: 1), append(2, to: 1))
        let between = try ListAppendCheck().check([writer, transaction(2, read(1, 1)), transaction(3, read(1, 1, 2))])
        #expect(between.count(of: .g1b) == 1)
        #expect(between.violates(.readCommitted))
        #expect(try kinds(writer, transaction(2, read(1, 1, 2)), transaction(3, read(1))) == [])
        // It may see its own middle.
        #expect(try kinds(transaction(1, append(1, to: 1), read(1, 1), append(2, to: 1), read(1, 1, 2))) == [])
    }

    @Test func lostAppend() throws {
        let early = transaction(1, append(1, to: 1), at: 0...10)
        let lost = try ListAppendCheck().check([
            early, transaction(2, append(2, to: 1), at: 20...30), transaction(3, read(1, 2), at: 40...50),
        ])
        #expect(lost.count(of: .lostAppend) == 1)
        #expect(lost.violates(.readCommitted))
        #expect(lost.anomalies.first?.transactions == [3, 1])
        // A read that was begun before the acknowledgement need not see it.
        #expect(try kinds(early, transaction(3, read(1), at: 5...50)) == [])
        #expect(try kinds(early, transaction(3, read(1), at: 10...50)) == [])
    }

    @Test func unknownOutcomes() throws {
        let unknown = transaction(1, append(1, to: 1), append(1, to: 2), at: 0...10, outcome: .unknown)
        // Nobody saw it: it may not have happened.
        let unseen = try ListAppendCheck().check([unknown, transaction(2, read(1), read(2), at: 20...30)])
        #expect(unseen.anomalies.isEmpty)
        #expect(unseen.unknown == 1)
        #expect(unseen.committed == 1)
        // Seen: it happened, and then altogether.
        let seen = try ListAppendCheck().check([unknown, transaction(2, read(1, 1), read(2, 1), at: 20...30)])
        #expect(seen.anomalies.isEmpty)
        #expect(seen.unknown == 0)
        #expect(seen.committed == 2)
        #expect(try kinds(unknown, transaction(2, read(1, 1), read(2), at: 20...30)) == [.gSingle])
        // It may have committed long after its client gave up.
        #expect(
            try kinds(unknown, transaction(2, read(1), at: 20...30), transaction(3, read(1, 1), at: 40...50)) == [])
    }

    @Test func anUnknownOneThatWasReadCountsForWhatItRead() throws {
        let doubtful = transaction(2, read(1, 1), append(2, to: 1), outcome: .unknown)
        let aborted = transaction(1, append(1, to: 1), outcome: .aborted)
        #expect(try kinds(aborted, doubtful) == [])
        #expect(try kinds(aborted, doubtful, transaction(3, read(1, 1, 2))) == [.g1a])
    }

    @Test func historiesThatAreNone() {
        #expect(throws: ListAppendHistoryError.repeatedTransaction(id: 1)) {
            try kinds(transaction(1), transaction(1))
        }
        #expect(throws: ListAppendHistoryError.repeatedAppend(key: 1, element: 4)) {
            try kinds(transaction(1, append(4, to: 1)), transaction(2, append(4, to: 1)))
        }
        #expect(throws: ListAppendHistoryError.endsBeforeItBegins(id: 3)) {
            try ListAppendCheck().check([
                ListAppendTransaction(id: 3, invoked: 2, completed: 1, outcome: .committed, operations: [])
            ])
        }
    }

    @Test func nothingIsNotHealth() throws {
        #expect(try !ListAppendCheck().check([]).isConclusive)
        #expect(try !ListAppendCheck().check([transaction(1, append(1, to: 1))]).isConclusive)
        #expect(try ListAppendCheck().check([transaction(1, append(1, to: 1), read(1, 1))]).isConclusive)
    }
}
