/// The server's messages.
extension WireConversation {
    mutating func takeFromServer(_ head: MessageCutter.Head, _ actions: inout ActionList) {
        guard let type = head.bytes.first else { return }
        let request = requests.first
        switch type {
        case BackendType.parameterStatus: noteParameter(head.bytes)
        case BackendType.readyForQuery:
            session.transaction = head.bytes.dropFirst(5).first.flatMap { TransactionStatus(code: $0) }
        default: break
        }
        let isSeen = request.map { shows(type, head, of: $0, &actions) } ?? true
        let events = isSeen && head.released == 0 ? events(of: type, head.bytes, request) : []
        note(type, request)
        guard isSeen else {
            drop(from: .server)
            return
        }
        let verdict =
            events.isEmpty
            ? Verdict() : rules.judge(Occasion(events: events, session: session, status: session.transaction))
        carryOut(verdict, on: head, type, &actions)
    }

    /// Whether the client sees a message; in place of one that isn't seen it may get another.
    private mutating func shows(
        _ type: UInt8, _ head: MessageCutter.Head, of request: Request, _ actions: inout ActionList
    ) -> Bool {
        switch type {
        // Not about the request: these come at any time, or tell the client that it may go on.
        case BackendType.parameterStatus, BackendType.notification, BackendType.readyForQuery: return true
        case BackendType.errorResponse where ErrorResponse.endsSession(head.bytes): return true
        default: break
        }
        switch request.answer {
        case .pass: return true
        case .hide: return type == BackendType.errorResponse
        case .replace(let error):
            if type == BackendType.errorResponse || type == BackendType.commandComplete {
                actions.forward(error[...], to: .client)
                requests.hideRestOfFirst()
            }
            return false
        }
    }

    private func events(of type: UInt8, _ bytes: ArraySlice<UInt8>, _ request: Request?) -> [Occasion.Event] {
        let script = request?.script
        let statement = request?.kind == .query ? request?.statement : nil
        switch type {
        case BackendType.authentication where !hasAskedForAuthentication:
            return [Occasion.Event(trigger: .authentication)]
        case BackendType.dataRow:
            guard let request else { return [] }
            return [Occasion.Event(trigger: .dataRow(request.rows + 1), script: script, statement: statement)]
        case BackendType.commandComplete:
            let tag = ByteReader(bytes.dropFirst(5)).rest
            let isCommit = tag.elementsEqual(MessageBytes.cString("COMMIT"))
            return ([.commandComplete] + (isCommit ? [.commitComplete] : [])).map {
                Occasion.Event(trigger: $0, script: script, statement: statement)
            }
        case BackendType.readyForQuery:
            return [Occasion.Event(trigger: .readyForQuery, script: request?.kind == .query ? script : executed)]
        default: return []
        }
    }

    /// Keeps account of what the server has done.
    private mutating func note(_ type: UInt8, _ request: Request?) {
        switch type {
        case BackendType.authentication: hasAskedForAuthentication = true
        case BackendType.portalSuspended:
            if let request { prepared.suspend(request.portal, afterRows: request.rows) }
        default: break
        }
        requests.answer(type)
        if let request, request.kind == .execute, BackendType.endsExecute(type) { executed = request.script }
        if type == BackendType.readyForQuery {
            executed = nil
            if let status = session.transaction { expected = requests.status(after: status) }
            session.isReady = requests.isEmpty && ending == nil
        }
    }

    private mutating func carryOut(
        _ verdict: Verdict, on head: MessageCutter.Head, _ type: UInt8, _ actions: inout ActionList
    ) {
        for rule in verdict.rules { actions.append(.matched(rule: rule)) }
        switch verdict.outcome {
        case .pass: pass(head, from: .server, after: verdict.delay, &actions)
        case .swallow: drop(from: .server)
        case .cut(let reset) where type == BackendType.dataRow:
            pass(head, from: .server, after: verdict.delay, &actions)
            cutAfterMessage(from: .server, reset: reset)
        case .cut(let reset): close(reset: reset, &actions)
        case .fail(let sqlState, let message):
            // Rules take errors here at authentication only, where every error is the end.
            let error = ErrorResponse(severity: .fatal, sqlState: sqlState, message: message)
            actions.forward(error.bytes[...], to: .client, after: verdict.delay)
            close(reset: false, &actions)
        }
    }

    private mutating func noteParameter(_ bytes: ArraySlice<UInt8>) {
        var reader = ByteReader(bytes.dropFirst(5))
        guard let name = reader.cString(), name == Array("application_name".utf8), let value = reader.cString() else {
            return
        }
        session.application = String(decoding: value, as: UTF8.self)
    }
}
