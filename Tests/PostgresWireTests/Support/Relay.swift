import PostgresWire
import Testing

/// A conversation with what came out of it.
struct Relay {
    var conversation: WireConversation
    private(set) var bytes: [WireSide: [UInt8]] = [:]
    /// All but forwarding: `matched a`, `delay 5 server`, `end client`, `close`, `reset`, `refused`.
    private(set) var events: [String] = []
    private(set) var reasons: [String] = []

    init(_ rules: [WireRule] = [], seed: UInt64 = 1) {
        conversation = WireConversation(rules: rules, seed: seed)
    }

    /// With a session that waits for its first request.
    static func ready(
        _ rules: [WireRule] = [], seed: UInt64 = 1,
        _ parameters: [(String, String)] = [("user", "ann"), ("database", "shop"), ("application_name", "web-1")]
    ) -> Relay {
        var relay = Relay(rules, seed: seed)
        relay.client(Frontend.startup(parameters))
        relay.server(Backend.welcome)
        relay.clear()
        return relay
    }

    mutating func client(_ bytes: [UInt8]) { take(conversation.receive(bytes[...], from: .client)) }
    mutating func server(_ bytes: [UInt8]) { take(conversation.receive(bytes[...], from: .server)) }
    mutating func end(_ side: WireSide) { take(conversation.end(of: side)) }
    mutating func replace(_ rules: [WireRule]) { take(conversation.replace(rules: rules)) }

    mutating func take(_ actions: [WireAction]) {
        for action in actions {
            switch action {
            case .forward(let side, let part, let delay):
                if delay > 0 { events.append("delay \(delay) \(side)") }
                bytes[side, default: []] += part
            case .end(let side): events.append("end \(side)")
            case .close(let reset): events.append(reset ? "reset" : "close")
            case .matched(let rule): events.append("matched \(rule)")
            case .refused(let reason):
                events.append("refused")
                reasons.append(reason)
            }
        }
    }

    mutating func clear() {
        bytes = [:]
        events = []
    }

    /// Takes what has come out for a side.
    mutating func taken(_ side: WireSide) -> [UInt8] {
        defer { bytes[side] = nil }
        return bytes[side] ?? []
    }

    /// The same as text.
    mutating func seen(_ side: WireSide) -> [String] { Transcript.messages(taken(side)) }

    mutating func takenEvents() -> [String] {
        defer { events = [] }
        return events
    }
}
