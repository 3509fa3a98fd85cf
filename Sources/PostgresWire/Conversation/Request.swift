/// Something the server has yet to answer.
struct Request: Sendable {
    enum Kind {
        /// Answered in the end by ReadyForQuery.
        case startup, query, functionCall, sync
        /// Each answered by one message of its own, unless one before it in the same batch fails.
        case parse, bind, describe, execute, close
        /// CopyDone or CopyFail: has no answer of its own, and ends what CopyInResponse began.
        case copyEnd
        /// Nothing is asked: when it is its turn, the session is ended.
        case ending
    }

    /// What becomes of the answer.
    enum Answer {
        case pass
        /// The client hasn't asked and must not see it.
        case hide
        /// The client sees this instead.
        case replace([UInt8])
    }

    let kind: Kind
    var answer = Answer.pass
    /// What a Query or Execute is to carry out.
    var script: SQLScript?
    /// Which of a Query's statements is being carried out.
    var statement = 0
    /// DataRows of the current result so far.
    var rows = 0
    /// Of an Execute.
    var portal: [UInt8] = []

    init(_ kind: Kind, answer: Answer = .pass, script: SQLScript? = nil) {
        self.kind = kind
        self.answer = answer
        self.script = script
    }

    var endsWithReadyForQuery: Bool {
        switch kind {
        case .startup, .query, .functionCall, .sync: true
        case .parse, .bind, .describe, .execute, .close, .copyEnd, .ending: false
        }
    }

    /// After an error in it the server discards what comes until Sync.
    var isInBatch: Bool {
        switch kind {
        case .parse, .bind, .describe, .execute, .close: true
        case .startup, .query, .functionCall, .sync, .copyEnd, .ending: false
        }
    }

    /// Whether it says what a transaction will be like after it.
    var changesTransaction: Bool {
        script?.statements.contains { $0.command != .other } ?? false
    }
}
