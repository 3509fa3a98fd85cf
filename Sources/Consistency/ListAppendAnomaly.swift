/// Something in a history that some isolation level forbids, with the evidence in words.
public struct ListAppendAnomaly: Hashable, Sendable, CustomStringConvertible {
    /// Names as in Adya's thesis (1999) and in Elle; `-realtime` needs an edge of real time for its cycle.
    public enum Kind: String, CaseIterable, Sendable {
        /// A read holds an element that nobody appended.
        case garbageRead = "garbage-read"
        /// A read holds an element twice.
        case duplicateElement = "duplicate-element"
        /// Two reads of a key are not prefixes of each other: no order of its versions explains both.
        case incompatibleOrder = "incompatible-order"
        /// A transaction does not read what it has itself appended, or reads what it has yet to append.
        case internalRead = "internal"
        /// An acknowledged append is in no read, though one was begun after the acknowledgement.
        case lostAppend = "lost-append"
        /// An element of an aborted transaction was read.
        case g1a = "G1a"
        /// A transaction was read in its middle.
        case g1b = "G1b"
        /// A cycle of write dependencies.
        case g0 = "G0"
        /// A cycle of write and read dependencies.
        case g1c = "G1c"
        /// A cycle with one anti-dependency: lost update, read skew.
        case gSingle = "G-single"
        /// A cycle with several anti-dependencies of which no two are neighbours, a long fork: not under snapshot
        /// isolation (Cerone & Gotsman, "Analysing Snapshot Isolation", 2016, theorem 9).
        case gNonadjacent = "G-nonadjacent"
        /// A cycle with neighbouring anti-dependencies: write skew.
        case g2Item = "G2-item"
        case g0Realtime = "G0-realtime"
        case g1cRealtime = "G1c-realtime"
        case gSingleRealtime = "G-single-realtime"
        case gNonadjacentRealtime = "G-nonadjacent-realtime"
        case g2ItemRealtime = "G2-item-realtime"

        /// The weakest level that forbids it.
        ///
        /// PL-2 proscribes G0 and G1, PL-3 G2 (Adya, 3.2); snapshot isolation G-single and G-nonadjacent. A lost append
        /// breaks the promise of durability, which no level may: a PostgreSQL primary has no stale snapshots.
        public var forbiddenFrom: IsolationLevel {
            switch self {
            case .garbageRead, .duplicateElement, .incompatibleOrder, .internalRead, .lostAppend, .g1a, .g1b, .g0, .g1c:
                .readCommitted
            case .gSingle, .gNonadjacent:
                .repeatableRead
            case .g2Item:
                .serializable
            case .g0Realtime, .g1cRealtime, .gSingleRealtime, .gNonadjacentRealtime, .g2ItemRealtime:
                .strictSerializable
            }
        }
    }

    public let kind: Kind
    /// Those that take part: of a cycle in its order, otherwise the guilty one last.
    public let transactions: [Int]
    public let explanation: String

    public var description: String { "\(kind.rawValue): \(explanation)" }
}
