import Engine
import Scenarios

/// Flips a bit in packets.
public struct PacketCorruptFault: PacketFault {
    public static let schema = packetSchema(
        "packet.corrupt", "Flips one bit in packets of the target; their checksum tells, and TCP sends them again.",
        [.packetRate, .packetCorrelation],
        verifiedBy: "checksum errors that TCP or UDP counted, or, for what the target sends, segments it sent again")

    let queue: AppliedQueue

    init(queue: AppliedQueue) {
        self.queue = queue
    }

    static func discipline(_ parameters: Parameters) throws(FaultError) -> [String] {
        NetemArguments.limit + parameters.chance("corrupt")
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let caught = now.growth(of: "caught", since: before)
        let errors = now.growth(of: "checksum errors", since: before)
        let retransmitted = now.growth(of: "retransmitted", since: before)
        // The receiver of what is only sent is elsewhere: that it threw some away shows in what is sent again.
        guard caught > 0, queue.isReceived ? errors > 0 : retransmitted > 0 else {
            return .notYet("\(caught) packets passed, and no checksum was found wrong so far")
        }
        return .seen(
            "\(errors) checksum errors found and \(retransmitted) segments sent again, of \(caught) packets")
    }
}
