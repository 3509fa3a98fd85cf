import PostgresWire
import Testing

/// How connections begin.
@Suite struct StartupTests {
    @Test func sessionIsKnownFromTheStartupPacket() {
        var relay = Relay()
        let packet = Frontend.startup([("user", "ann"), ("database", "shop"), ("application_name", "web-1")])
        relay.client(packet)
        #expect(relay.taken(.server) == packet)
        #expect(relay.conversation.session.user == "ann")
        #expect(relay.conversation.session.database == "shop")
        #expect(relay.conversation.session.application == "web-1")
        #expect(relay.conversation.session.transaction == nil)
        #expect(!relay.conversation.session.isReady)
        relay.server(Backend.welcome)
        #expect(relay.taken(.client) == Backend.welcome)
        #expect(relay.conversation.session.transaction == .idle)
        #expect(relay.conversation.session.isReady)
        #expect(relay.events == [])
    }

    @Test func databaseIsTheUsersWithoutOne() {
        let relay = Relay.ready([], [("user", "ann")])
        #expect(relay.conversation.session.database == "ann")
        #expect(relay.conversation.session.application == nil)
    }

    @Test func laterMinorVersionsAreFollowed() {
        var relay = Relay()
        relay.client(Frontend.startup(version: 0x0003_0002))
        #expect(relay.conversation.session.user == "ann")
        #expect(relay.events == [])
    }

    @Test func applicationNameIsFollowed() {
        var relay = Relay.ready()
        relay.server(Backend.parameter("application_name", "batch") + Backend.parameter("TimeZone", "UTC"))
        #expect(relay.conversation.session.application == "batch")
    }

    @Test func isReadyOnlyBetweenRequests() {
        var relay = Relay.ready()
        relay.client(Frontend.query("begin"))
        #expect(!relay.conversation.session.isReady)
        relay.server(Backend.complete("BEGIN") + Backend.ready("T"))
        #expect(relay.conversation.session.isReady)
        #expect(relay.conversation.session.transaction == .inTransaction)
        relay.client(Frontend.query("select 1") + Frontend.query("select 2"))
        relay.server(Backend.complete("SELECT 1") + Backend.ready("E"))
        #expect(!relay.conversation.session.isReady)
        #expect(relay.conversation.session.transaction == .failed)
        relay.client(Frontend.parse("rollback") + Frontend.flush)
        relay.server(Backend.complete("SELECT 1") + Backend.ready("E") + Backend.parseComplete)
        #expect(!relay.conversation.session.isReady)
    }

    @Test(arguments: [Frontend.sslRequest, Frontend.gssencRequest, Frontend.gssencRequest + Frontend.sslRequest])
    func encryptionIsDeclinedInTheServersPlace(requests: [UInt8]) {
        var relay = Relay()
        relay.client(requests)
        #expect(relay.taken(.client) == Array(repeating: UInt8(ascii: "N"), count: requests.count / 8))
        #expect(relay.taken(.server) == [])
        relay.client(Frontend.startup())
        #expect(relay.taken(.server) == Frontend.startup())
        relay.server(Backend.welcome)
        #expect(relay.conversation.session.isReady)
        #expect(relay.events == [])
    }

    @Test(arguments: [[], Frontend.sslRequest])
    func tlsIsRefused(before: [UInt8]) {
        var relay = Relay()
        relay.client(before)
        relay.client([0x16])
        #expect(relay.events == ["refused", "close"])
        #expect(relay.reasons.first?.contains("TLS") == true)
        #expect(relay.taken(.server) == [])
        relay.client(Frontend.startup())
        relay.end(.client)
        #expect(relay.events == ["refused", "close"])
    }

    @Test func cancelRequestIsForwardedWhole() throws {
        var relay = Relay([try rule(.authentication, .cut(reset: true)), try rule(.statement, .swallow, name: "s")])
        for byte in Frontend.cancelRequest {
            #expect(relay.taken(.server) == [])
            relay.client([byte])
        }
        #expect(relay.taken(.server) == Frontend.cancelRequest)
        relay.client([1, 2])
        #expect(relay.taken(.server) == [1, 2])
        relay.end(.server)
        relay.end(.client)
        #expect(relay.events == ["end client", "end server"])
    }

    @Test(arguments: [0, 7, 10_005, 0x7fff_ffff, 0xffff_ffff] as [UInt32])
    func impossibleStartupLengthsAreRefused(length: UInt32) {
        var relay = Relay()
        relay.client(Frontend.int32(length) + [0, 3, 0, 0])
        #expect(relay.events == ["refused", "close"])
        #expect(relay.taken(.server) == [])
    }

    @Test func longestStartupPacketIsFollowed() {
        let value = String(repeating: "x", count: 10_004 - Frontend.startup([("user", "ann"), ("o", "")]).count)
        let packet = Frontend.startup([("user", "ann"), ("o", value)])
        var relay = Relay()
        relay.client(packet)
        #expect(packet.count == 10_004)
        #expect(relay.taken(.server) == packet)
    }

    @Test func otherProtocolsAreRefused() {
        var relay = Relay()
        relay.client(Frontend.startup(version: 0x0002_0000))
        #expect(relay.events == ["refused", "close"])
        #expect(relay.reasons.first?.contains("2.0") == true)
    }

    @Test(arguments: [0, 3, 0x8000_0000, 0xffff_ffff] as [UInt32])
    func impossibleMessageLengthsAreRefused(length: UInt32) {
        for side in WireSide.allCases {
            var relay = Relay.ready()
            let whole = side == .client ? Frontend.query("select 1") : Backend.notice("hello")
            relay.take(
                relay.conversation.receive((whole + [UInt8(ascii: "D")] + Frontend.int32(length))[...], from: side))
            #expect(relay.taken(side.opposite) == whole)
            #expect(relay.events == ["refused", "close"])
        }
    }

    @Test func errorOfPostmasterOutOfProcessesGetsThrough() {
        var relay = Relay()
        relay.client(Frontend.startup())
        let text = Array("Ecould not fork new process for connection: Resource temporarily unavailable\n\0".utf8)
        relay.server(text)
        relay.end(.server)
        #expect(relay.taken(.client) == text)
        #expect(relay.events == ["end client"])
    }

    @Test func partsOfMessagesGoOnWhenASideEnds() {
        var relay = Relay.ready()
        let query = Frontend.query("select 1").dropLast(3)
        relay.client(Array(query))
        #expect(relay.taken(.server) == [])
        relay.end(.client)
        #expect(relay.taken(.server) == Array(query))
        relay.server(Array(Backend.ready("I").dropLast()))
        relay.end(.server)
        #expect(relay.taken(.client) == Array(Backend.ready("I").dropLast()))
        #expect(relay.events == ["end server", "end client"])
        relay.end(.client)
        relay.client([1])
        #expect(relay.events == ["end server", "end client"])
        #expect(relay.taken(.server) == [])
    }
}
