import Testing

@testable import ToxicProxy

@Suite struct CarriageTests {
    @Test func aStreamIsJudgedByItsFirstPiece() {
        var carriage = Carriage()
        #expect(carriage.isUnknown && !carriage.splices)
        carriage.note(0)
        #expect(carriage.isUnknown)
        carriage.note(64)
        #expect(!carriage.isUnknown && !carriage.splices)
        var other = Carriage()
        other.note(Carriage.smallest)
        #expect(!other.isUnknown && other.splices)
    }

    @Test func oneLargePieceIsEnoughAndSeveralSmallOnesTurnItBack() {
        var carriage = Carriage()
        carriage.note(64)
        carriage.note(Carriage.smallest)
        #expect(carriage.splices)
        for bytes in [64, 64, 64, 1 << 20, 64, 64, 64] {
            carriage.note(bytes)
            #expect(carriage.splices)
        }
        carriage.note(64)
        #expect(!carriage.splices && !carriage.isUnknown)
    }
}
