import DequeModule

/// The toxics on one direction of one connection, in the order they were added. Pure: told the time, it says what goes on.
///
/// Each toxic has a line of what it has handed on but whose moment has not come. When a toxic is taken away its line goes
/// on at once, to the next toxic; when it is changed, the line is judged anew.
struct ToxicChain {
    private struct Entry {
        let content: ToxicOutput.Content
        let arrival: Moment
        let due: Moment
    }

    private struct Stage {
        let number: Int
        var revision: Int
        let name: String
        var toxic: any Toxic
        var line = Deque<Entry>()
        var last = Moment(nanoseconds: 0)
    }

    private var stages: [Stage] = []
    /// Bytes in all lines.
    private(set) var waiting = 0
    /// What has come through, in order.
    var output = Deque<ToxicOutput.Content>()
    /// What the toxics did since it was last asked for.
    private var counts: [String: ProxyCounters.Toxic] = [:]

    var isEmpty: Bool { stages.isEmpty }

    /// Bytes that may wait before reading stops.
    var capacity: Int { stages.reduce(1 << 18) { max($0, $1.toxic.capacity) } }

    /// When the next piece's moment comes.
    var next: Moment? {
        stages.compactMap { $0.line.first?.due }.filter { $0 != .never }.min()
    }

    /// When and how toxics end the connection of their own accord, counted from now.
    func endings(at now: Moment) -> [(name: String, number: Int, revision: Int, due: Moment, kind: ConnectionEnding)] {
        stages.compactMap { stage in
            stage.toxic.ending.map { (stage.name, stage.number, stage.revision, now + $0.after, $0.kind) }
        }
    }

    func contains(number: Int, revision: Int) -> Bool {
        stages.contains { $0.number == number && $0.revision == revision }
    }

    mutating func receive(_ content: ToxicOutput.Content, at now: Moment) {
        feed(content, to: 0, at: now)
        release(at: now)
    }

    /// Hands on everything whose moment has come.
    mutating func release(at now: Moment) {
        for index in stages.indices {
            while let first = stages[index].line.first, first.due <= now {
                stages[index].line.removeFirst()
                if case .bytes(let bytes) = first.content { waiting -= bytes.count }
                // The moment it was due, not the one it was noticed: lateness must not add up from toxic to toxic.
                feed(first.content, to: index + 1, at: first.due)
            }
        }
    }

    /// Puts other toxics in force, made by `make` where they are new or changed.
    /// - Returns: how the connection must end because of a toxic that was taken away.
    mutating func replace(
        with toxics: [ActiveToxic], at now: Moment, make: (ActiveToxic) -> any Toxic
    ) -> ConnectionEnding? {
        var ending: ConnectionEnding?
        // From the last to the first, so that what is flushed meets only toxics that stay.
        var index = stages.count - 1
        while index >= 0 {
            if !toxics.contains(where: { $0.number == stages[index].number }) {
                let removed = stages.remove(at: index)
                ending = ending ?? removed.toxic.endingOnRemoval
                for entry in removed.line {
                    if case .bytes(let bytes) = entry.content { waiting -= bytes.count }
                    feed(entry.content, to: index, at: now)
                }
            }
            index -= 1
        }
        for toxic in toxics {
            guard let index = stages.firstIndex(where: { $0.number == toxic.number }) else {
                stages.append(
                    Stage(
                        number: toxic.number, revision: toxic.revision, name: toxic.specification.name,
                        toxic: make(toxic)))
                continue
            }
            guard stages[index].revision != toxic.revision else { continue }
            stages[index].revision = toxic.revision
            stages[index].toxic = make(toxic)
            let line = stages[index].line
            stages[index].line = []
            stages[index].last = Moment(nanoseconds: 0)
            for entry in line {
                if case .bytes(let bytes) = entry.content { waiting -= bytes.count }
                feed(entry.content, to: index, at: entry.arrival)
            }
        }
        release(at: now)
        return ending
    }

    /// What the toxics did since the last call.
    mutating func takeCounts() -> [String: ProxyCounters.Toxic] {
        let taken = counts
        counts = [:]
        return taken
    }

    private mutating func feed(_ content: ToxicOutput.Content, to index: Int, at now: Moment) {
        guard index < stages.count else { return output.append(content) }
        var made = ToxicOutput()
        switch content {
        case .bytes(let bytes): stages[index].toxic.pass(bytes, at: now, to: &made)
        case .end: stages[index].toxic.end(at: now, to: &made)
        case .ending(let kind): made.endConnection(kind, at: now)
        }
        for item in made.items {
            stages[index].last = max(stages[index].last, item.due)
            let due = stages[index].last
            if case .bytes(let bytes) = item.content {
                waiting += bytes.count
                note(bytes.count, held: due - now, forEver: due == .never, &made.counts)
            }
            stages[index].line.append(Entry(content: item.content, arrival: now, due: due))
        }
        if made.counts != ProxyCounters.Toxic() {
            counts[stages[index].name, default: ProxyCounters.Toxic()].add(made.counts)
        }
    }

    private func note(_ bytes: Int, held: Int64, forEver: Bool, _ counts: inout ProxyCounters.Toxic) {
        if forEver {
            counts.heldBytes += bytes
        } else if held > 1_000_000 {
            counts.delayedPieces += 1
            counts.delayNanoseconds += Int(held)
        }
    }
}
