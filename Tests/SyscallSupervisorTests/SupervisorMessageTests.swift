import SyscallRules
import Testing

@testable import SyscallSupervisor

@Suite struct SupervisorMessageTests {
    @Test func requestsAreReadAsTheyWereWritten() throws {
        let rules = try SyscallRules("fsync:error=EIO:when=3+2; write:delay_enter=5ms")
        for request in [
            SupervisorRequest.isAdopted(target: "db"), .switchOn(id: "f", target: "db", rules: rules),
            .switchOff(id: "f"), .counts(id: "f"),
        ] {
            #expect(SupervisorRequest(request.text) == request)
        }
    }

    @Test(arguments: ["", "on", "on f db", "on f db nonsense", "on f db fsync:error=EIO x", "off", "halt f", "counts"])
    func refuses(_ text: String) {
        #expect(SupervisorRequest(text) == nil)
    }

    @Test func repliesAreReadAsTheyWereWritten() {
        for reply in [
            SupervisorReply.done, .counts(SyscallCounts(seen: .max, injected: 0)), .refused("not there, sorry"),
        ] {
            #expect(SupervisorReply(reply.text) == reply)
        }
        #expect(SupervisorReply("counts 1") == nil)
        #expect(SupervisorReply("") == nil)
    }
}
