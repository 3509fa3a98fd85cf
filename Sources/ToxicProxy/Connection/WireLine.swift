import DequeModule

/// What the rules of a protocol have let through on one direction but whose moment has not come.
struct WireLine {
    private var entries = Deque<(content: ToxicOutput.Content, due: Moment)>()
    private var last = Moment(nanoseconds: 0)
    /// Bytes in it.
    private(set) var waiting = 0

    var next: Moment? { entries.first?.due }

    /// What comes later never overtakes what is there.
    mutating func append(_ content: ToxicOutput.Content, due: Moment) {
        last = max(last, due)
        if case .bytes(let bytes) = content { waiting += bytes.count }
        entries.append((content, last))
    }

    mutating func popDue(at now: Moment) -> ToxicOutput.Content? {
        guard let first = entries.first, first.due <= now else { return nil }
        entries.removeFirst()
        if case .bytes(let bytes) = first.content { waiting -= bytes.count }
        return first.content
    }
}
