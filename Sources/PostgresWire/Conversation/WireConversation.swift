/// Follows one PostgreSQL connection, protocol 3, and applies rules to its messages (PostgreSQL documentation,
/// Frontend/Backend Protocol). Bytes go in, actions come out; there is no I/O and no clock here.
///
/// Encryption can't be followed: SSLRequest and GSSENCRequest are answered with "no" in the server's place, and a
/// client that goes on with TLS all the same is refused.
///
/// A message is held until as much of it is there as rules may ask about: the first MiB of statements, names, errors,
/// and of rows, copy data and passwords the five bytes of the header. Bytes that no rule touches go on unchanged.
public struct WireConversation: Sendable {
    enum Phase {
        /// The client hasn't sent its StartupMessage.
        case startup
        case session
        /// A CancelRequest went through, and nothing else is said on such a connection.
        case cancel
        case closed
    }

    /// What becomes of the rest of a message whose head was judged.
    enum Fate: Equatable {
        case forward, drop
        case forwardThenCut(reset: Bool)
    }

    /// The error with which a rule ends the session, when it is its turn.
    struct Ending {
        let error: [UInt8]
        /// Nanoseconds.
        let delay: Int64
    }

    /// Who talks to which database, and how far they are.
    public internal(set) var session = WireSession()

    var phase = Phase.startup
    var rules: RuleBook
    var requests = RequestQueue()
    var prepared = PreparedStatements()
    /// The status in which the server finds the client's next message, if nothing before it fails.
    var expected = TransactionStatus.idle
    /// Of the client's last message, when that was a Parse.
    var parsed: SQLScript?
    /// Of the last Execute that the server answered since ReadyForQuery.
    var executed: SQLScript?
    var hasAskedForAuthentication = false
    var ending: Ending?
    private var cutters = BothSides(client: MessageCutter(.startup), server: MessageCutter(.typed(from: .server)))
    private var fates = BothSides(client: Fate.forward, server: Fate.forward)
    private var hasEnded = BothSides(client: false, server: false)

    /// - Parameter seed: for rules with a probability: the same seed and the same messages give the same actions.
    public init(rules: [WireRule], seed: UInt64) {
        self.rules = RuleBook(rules: rules, seed: seed)
    }

    /// Takes bytes that a side sent and says what to do now, in order.
    public mutating func receive(_ bytes: ArraySlice<UInt8>, from side: WireSide) -> [WireAction] {
        var actions = ActionList(input: bytes)
        var rest = bytes
        while phase != .closed, !rest.isEmpty {
            if phase == .cancel, side == .client {
                actions.forward(rest, to: side.opposite, isInput: true)
                break
            }
            if phase == .startup, side == .client, cutters.client.holdsNothing, rest.first == StartupPacket.tlsHandshake
            {
                refuse("the client begins TLS, which can't be followed; it must connect without", &actions)
                break
            }
            guard let piece = cutters[side].next(&rest) else { break }
            take(piece, from: side, &actions)
        }
        return actions.actions
    }

    /// The side has ended its direction. What is held of an unfinished message goes on first.
    public mutating func end(of side: WireSide) -> [WireAction] {
        guard phase != .closed, !hasEnded[side] else { return [] }
        hasEnded[side] = true
        var actions = ActionList()
        if side == .server, ending != nil {
            // No answers come that the error would have to wait for.
            endSession(&actions)
            return actions.actions
        }
        release(side, &actions)
        actions.append(.end(to: side.opposite))
        if hasEnded.client, hasEnded.server { phase = .closed }
        return actions.actions
    }

    /// Puts other rules in force. Counters of rules that stay, by name, are kept. What is held of unfinished messages
    /// is let go: the new rules apply to messages that begin from now on. What an earlier rule has swallowed stays so,
    /// and an error that it caused runs its course.
    public mutating func replace(rules: [WireRule]) -> [WireAction] {
        self.rules.replace(with: rules)
        var actions = ActionList()
        guard phase == .session else { return [] }
        for side in WireSide.allCases { release(side, &actions) }
        return actions.actions
    }

    private mutating func take(_ piece: MessageCutter.Piece, from side: WireSide, _ actions: inout ActionList) {
        switch piece {
        case .head(let head):
            switch side {
            case .client where phase == .startup: takeStartup(head, &actions)
            case .client: takeFromClient(head, &actions)
            case .server: takeFromServer(head, &actions)
            }
            if head.isWhole { complete(side, &actions) }
        case .body(let bytes, let isLast):
            if fates[side] != .drop { actions.forward(bytes, to: side.opposite, isInput: true) }
            if isLast { complete(side, &actions) }
        case .invalid(let length):
            refuse("the \(side) sends a message with the length \(length), which can't be", &actions)
        }
    }

    /// A message has come to its end.
    private mutating func complete(_ side: WireSide, _ actions: inout ActionList) {
        if phase != .closed, case .forwardThenCut(let reset) = fates[side] { close(reset: reset, &actions) }
        if side == .server { endSessionIfDue(&actions) }
    }

    /// Ends the session when all requests before are answered; an error in the midst of a message would be part of it.
    mutating func endSessionIfDue(_ actions: inout ActionList) {
        guard requests.first?.kind == .ending, !cutters.server.isWithinMessage else { return }
        endSession(&actions)
    }

    private mutating func endSession(_ actions: inout ActionList) {
        guard phase != .closed, let ending else { return }
        actions.forward(ending.error[...], to: .client, after: ending.delay)
        close(reset: false, &actions)
    }

    /// Bytes of a message that the client must not see, and of one to a session that is over, stay here.
    private mutating func release(_ side: WireSide, _ actions: inout ActionList) {
        switch side {
        case .client where ending == nil: actions.forward(cutters.client.release(), to: .server)
        case .server where !isAnswerHidden: actions.forward(cutters.server.release(), to: .client)
        case .client, .server: break
        }
    }

    private var isAnswerHidden: Bool {
        switch requests.first?.answer {
        case nil, .pass: false
        case .hide, .replace: true
        }
    }

    private mutating func takeStartup(_ head: MessageCutter.Head, _ actions: inout ActionList) {
        switch StartupPacket(head.bytes) {
        case .sslRequest, .gssencRequest:
            actions.forward([UInt8(ascii: "N")], to: .client)
        case .cancelRequest:
            phase = .cancel
            pass(head, from: .client, &actions)
        case .startup(let parameters):
            phase = .session
            cutters.client.format = .typed(from: .client)
            session.user = parameters["user"]
            session.database = parameters["database"] ?? parameters["user"]
            session.application = parameters["application_name"]
            requests.append(Request(.startup))
            pass(head, from: .client, &actions)
        case .unknown(let major, let minor):
            refuse("the client asks for protocol \(major).\(minor); only 3 can be followed", &actions)
        }
    }

    /// Forwards a message, with what is still to come of it.
    mutating func pass(
        _ head: MessageCutter.Head, from side: WireSide, after delay: Int64 = 0, _ actions: inout ActionList
    ) {
        fates[side] = .forward
        actions.forward(
            head.bytes.dropFirst(head.released), to: side.opposite, after: delay, isInput: head.isInput)
    }

    mutating func drop(from side: WireSide) { fates[side] = .drop }

    mutating func cutAfterMessage(from side: WireSide, reset: Bool) { fates[side] = .forwardThenCut(reset: reset) }

    mutating func close(reset: Bool, _ actions: inout ActionList) {
        phase = .closed
        session.isReady = false
        actions.append(.close(reset: reset))
    }

    private mutating func refuse(_ reason: String, _ actions: inout ActionList) {
        actions.append(.refused(reason: reason))
        close(reset: false, &actions)
    }
}
