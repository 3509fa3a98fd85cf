/// The requests that the server has yet to answer, in their order, and how its answers use them up (PostgreSQL
/// documentation, Frontend/Backend Protocol, Message Flow).
struct RequestQueue: Sendable {
    private var requests: [Request] = []
    /// Where the first one is: taking it off the front of an array would move all others.
    private var start = 0
    /// How many of them change the transaction.
    private(set) var transactionChanges = 0
    /// The server discards messages until Sync, after an error in a batch.
    private(set) var isDiscarding = false
    /// The server reads copy data, in which it ignores Sync.
    private var isCopyingIn = false

    var isEmpty: Bool { start == requests.count }

    var first: Request? { isEmpty ? nil : requests[start] }

    /// The client has seen what it sees of the first request's answer.
    mutating func hideRestOfFirst() {
        if !isEmpty { requests[start].answer = .hide }
    }

    /// The status after what is still to be answered, if none of it fails.
    func status(after status: TransactionStatus) -> TransactionStatus {
        guard transactionChanges > 0 else { return status }
        return requests[start...].reduce(status) { status, request in
            (request.script?.statements.dropFirst(request.statement) ?? [])
                .reduce(status) { $0.after($1.command) }
        }
    }

    mutating func append(_ request: Request) {
        if isDiscarding {
            guard request.kind == .sync || request.kind == .ending else { return }
            isDiscarding = false
        }
        if isCopyingIn {
            guard request.kind != .sync else { return }
            if request.kind == .copyEnd { isCopyingIn = false }
        }
        requests.append(request)
        if request.changesTransaction { transactionChanges += 1 }
        skipCopyEnds()
    }

    /// Uses up what a message of the server's answers.
    mutating func answer(_ type: UInt8) {
        guard let request = first else { return }
        switch (type, request.kind) {
        case (BackendType.parseComplete, .parse), (BackendType.bindComplete, .bind),
            (BackendType.closeComplete, .close), (BackendType.noData, .describe),
            (BackendType.rowDescription, .describe), (BackendType.commandComplete, .execute),
            (BackendType.emptyQueryResponse, .execute), (BackendType.portalSuspended, .execute):
            removeFirst()
            skipCopyEnds()
        case (BackendType.commandComplete, .query):
            requests[start].statement += 1
            requests[start].rows = 0
        case (BackendType.dataRow, _): requests[start].rows += 1
        case (BackendType.copyInResponse, .query), (BackendType.copyInResponse, .execute): startCopyIn()
        case (BackendType.errorResponse, _):
            isCopyingIn = false
            if request.isInBatch { discardBatch() }
        case (BackendType.readyForQuery, _): endAtReady()
        default: break
        }
    }

    /// Clients that send Sync along with a COPY do so before they know that it reads data. The server ignores those
    /// that come before the data ends.
    private mutating func startCopyIn() {
        let later = requests[(start + 1)...]
        let end = later.firstIndex { $0.kind == .copyEnd }
        isCopyingIn = end == nil
        let kept = later[..<(end ?? requests.endIndex)].filter { $0.kind != .sync }
        requests.replaceSubrange(later.startIndex..<(end ?? requests.endIndex), with: kept)
    }

    private mutating func discardBatch() {
        while let request = first, request.kind != .sync, request.kind != .ending { removeFirst() }
        isDiscarding = isEmpty
    }

    /// What comes before the request that ends with this is answered, too; without such a request nothing is known.
    private mutating func endAtReady() {
        guard let last = requests[start...].firstIndex(where: \.endsWithReadyForQuery) else { return }
        // Counted, as taking requests off moves the others.
        for _ in start...last { removeFirst() }
        skipCopyEnds()
    }

    private mutating func skipCopyEnds() {
        while first?.kind == .copyEnd { removeFirst() }
    }

    private mutating func removeFirst() {
        if first?.changesTransaction == true { transactionChanges -= 1 }
        start += 1
        guard start == requests.count || start >= 256 && start * 2 >= requests.count else { return }
        requests.removeFirst(start)
        start = 0
    }
}
