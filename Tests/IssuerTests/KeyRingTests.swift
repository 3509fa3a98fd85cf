import IssuerControl
import Testing

@testable import issuer

/// Which key signs and which are published, at moments of a clock that the test sets.
@Suite struct KeyRingTests {
    private let start = ContinuousClock.now

    private func moment(_ seconds: Double) -> ContinuousClock.Instant { start.advanced(by: .seconds(seconds)) }

    private func names(_ keys: [EllipticKey]) -> [String] { keys.map(\.identifier) }

    @Test func anAnnouncedKeyIsPublishedBeforeItSigns() {
        var ring = KeyRing()
        let old = ring.signing(at: start).identifier
        ring.rotate(KeyRotation(.announced, after: 2), at: start)
        #expect(ring.signing(at: moment(1.9)).identifier == old)
        #expect(ring.published(at: start).count == 2)
        let new = ring.signing(at: moment(2)).identifier
        #expect(new != old && names(ring.published(at: moment(9))) == [old, new])
        #expect(ring.retired(at: moment(9)).isEmpty)
    }

    @Test func aSuddenRotationLeavesOnlyTheNewKey() throws {
        var ring = KeyRing()
        let old = ring.signing(at: start).identifier
        ring.rotate(KeyRotation(.sudden), at: moment(3))
        let new = ring.signing(at: moment(3)).identifier
        #expect(new != old && names(ring.published(at: moment(3))) == [new])
        let retired = try #require(ring.retired(at: moment(4)).last)
        #expect(retired.key.identifier == old && retired.since == moment(3))
        ring.rotate(.none, at: moment(5))
        #expect(names(ring.published(at: moment(5))) == [old] && ring.signing(at: moment(5)).identifier == old)
        #expect(ring.retired(at: moment(6)).map { $0.key.identifier } == [new] && ring.isOriginal)
    }

    @Test func aRotationThatIsRolledBackGivesTheOldKeyBack() throws {
        var ring = KeyRing()
        let old = ring.signing(at: start).identifier
        ring.rotate(KeyRotation(.rolledBack, after: 2), at: start)
        let new = ring.signing(at: moment(1)).identifier
        #expect(new != old && names(ring.published(at: moment(1))) == [new])
        #expect(names(ring.published(at: moment(2))) == [old])
        let retired = try #require(ring.retired(at: moment(4)).last)
        #expect(retired.key.identifier == new && retired.since == moment(2))
        ring.rotate(.none, at: moment(5))
        let still = try #require(ring.retired(at: moment(6)).last)
        #expect(still.key.identifier == new && still.since == moment(2))
    }

    @Test func whatIsRememberedIsBounded() {
        var ring = KeyRing()
        for number in 0..<40 {
            ring.rotate(KeyRotation(.sudden), at: moment(Double(number)))
            ring.rotate(.none, at: moment(Double(number) + 0.5))
        }
        #expect(ring.retired(at: moment(50)).count < 12)
    }
}
