/// The client's messages, after the StartupMessage.
extension WireConversation {
    mutating func takeFromClient(_ head: MessageCutter.Head, _ actions: inout ActionList) {
        guard ending == nil else {
            drop(from: .client)
            return
        }
        session.isReady = false
        let message = FrontendMessage(head.bytes)
        let events = events(of: message)
        parsed = nil
        // The server does nothing with what it discards, and bytes that are gone can't be taken back.
        guard !events.isEmpty, !requests.isDiscarding, head.released == 0 else {
            pass(head, from: .client, &actions)
            note(message)
            return
        }
        let verdict = rules.judge(Occasion(events: events, session: session, status: expected))
        for rule in verdict.rules { actions.append(.matched(rule: rule)) }
        switch verdict.outcome {
        case .pass:
            pass(head, from: .client, after: verdict.delay, &actions)
            note(message)
        case .swallow: drop(from: .client)
        case .cut(let reset): close(reset: reset, &actions)
        case .fail(let sqlState, let text):
            let isFatal = ErrorResponse.endsSession(sqlState)
            let error = ErrorResponse(severity: isFatal ? .fatal : .error, sqlState: sqlState, message: text).bytes
            if isFatal {
                end(with: Ending(error: error, delay: verdict.delay), &actions)
            } else {
                fail(message, head, with: error, after: verdict.delay, &actions)
            }
        }
    }

    private func events(of message: FrontendMessage) -> [Occasion.Event] {
        var events: [Occasion.Event] = []
        if let parsed, message.isExtended { events.append(Occasion.Event(trigger: .parse, script: parsed)) }
        let script = script(of: message)
        switch message {
        case .query, .execute: events.append(Occasion.Event(trigger: .statement, script: script))
        default: break
        }
        if let script, script.hasCommit { events.append(Occasion.Event(trigger: .commit, script: script)) }
        return events
    }

    /// What a message asks the server to carry out.
    private func script(of message: FrontendMessage) -> SQLScript? {
        switch message {
        case .query(let script): script
        case .execute(let portal): prepared.portal(portal)?.script
        default: nil
        }
    }

    /// Keeps account of what the server is asked.
    private mutating func note(_ message: FrontendMessage) {
        if !requests.isDiscarding {
            switch message {
            case .parse(let name, let script):
                prepared.parse(script, as: name)
                parsed = script
            case .bind(let portal, let statement): prepared.bind(statement, to: portal)
            case .close(let target, let name): prepared.close(target, name)
            default: break
            }
            for command in script(of: message)?.commands ?? [] { expected = expected.after(command) }
        }
        if let request = request(for: message) { requests.append(request) }
    }

    private func request(for message: FrontendMessage) -> Request? {
        switch message {
        case .query(let script): return Request(.query, script: script)
        case .parse: return Request(.parse)
        case .bind: return Request(.bind)
        case .describe: return Request(.describe)
        case .execute(let name):
            let portal = prepared.portal(name)
            var request = Request(.execute, script: portal?.script)
            request.portal = name
            request.rows = portal?.rows ?? 0
            return request
        case .close: return Request(.close)
        case .sync: return Request(.sync)
        case .functionCall: return Request(.functionCall)
        case .copyEnd: return Request(.copyEnd)
        case .flush, .terminate, .other: return nil
        }
    }

    private mutating func fail(
        _ message: FrontendMessage, _ head: MessageCutter.Head, with error: [UInt8], after delay: Int64,
        _ actions: inout ActionList
    ) {
        let script = script(of: message)
        let failure = RequestFailure(of: message, script: script, error: error)
        actions.forward(failure.bytes[...], to: .server, after: delay)
        for request in failure.requests { requests.append(request) }
        if script?.hasCommit ?? false {
            expected = .idle
        } else if expected == .inTransaction {
            expected = .failed
        }
        if case .sync = message {
            // The batch fails, and its end must still come.
            pass(head, from: .client, &actions)
            note(message)
        } else {
            drop(from: .client)
        }
    }

    /// The server would first answer what came before. Within a batch it keeps answers back until it is told to flush.
    private mutating func end(with ending: Ending, _ actions: inout ActionList) {
        drop(from: .client)
        self.ending = ending
        requests.append(Request(.ending))
        endSessionIfDue(&actions)
        if phase != .closed { actions.forward(MessageBytes.flush[...], to: .server) }
    }
}
