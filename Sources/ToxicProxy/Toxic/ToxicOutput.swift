/// What a toxic makes of what it is given.
public struct ToxicOutput {
    enum Content {
        case bytes(Bytes)
        /// No more comes from the sender.
        case end
        /// The connection ends once what is before this has gone on.
        case ending(ConnectionEnding)
    }

    struct Item {
        let content: Content
        let due: Moment
    }

    var items: [Item] = []
    var counts = ProxyCounters.Toxic()

    init() {}

    /// Hands bytes on at a moment; what comes after them never overtakes them.
    public mutating func pass(_ bytes: Bytes, at due: Moment) {
        if !bytes.isEmpty { items.append(Item(content: .bytes(bytes), due: due)) }
    }

    public mutating func end(at due: Moment) {
        items.append(Item(content: .end, due: due))
    }

    /// Ends the connection once all before it has been handed on.
    public mutating func endConnection(_ kind: ConnectionEnding, at due: Moment) {
        items.append(Item(content: .ending(kind), due: due))
    }

    /// Counts what the toxic did, as evidence.
    public mutating func count(_ field: WritableKeyPath<ProxyCounters.Toxic, Int>, _ number: Int) {
        counts[keyPath: field] += number
    }
}
