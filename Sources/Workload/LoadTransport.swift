/// Where the writes of a load can be read back.
public protocol WriteStore: Sendable {
    /// Every key of this run that is stored; asked after the run, when nothing disturbs any more.
    func storedKeys(prefix: String) async throws -> Set<String>

    /// Closes its connections.
    func shutdown() async throws
}

/// Sends one request of a mix and judges the answer.
public protocol LoadTransport: WriteStore {
    /// - Parameter request: what to ask.
    /// - Returns: how it came out, and for writes what may be concluded about the row.
    func send(_ request: LoadRequest) async -> (RequestOutcome, WriteOutcome)
}

/// One request of the load.
public enum LoadRequest: Hashable, Sendable {
    case book(id: Int)
    case page(first: Int, offset: Int)
    case author(id: Int)
    case bestsellers
    /// A write, entered in the ledger under its key.
    case order(key: String, book: Int, quantity: Int)
}
