/// Looks at the reads of a history one by one: finds what is wrong with them by themselves, and makes the edges that
/// they prove.
struct ListAppendReads {
    private let index: ListAppendIndex
    /// By position in the history, -1 for those that do not count.
    private let nodes: [Int]
    private(set) var edges: [Dependency] = []
    private(set) var anomalies: [ListAppendAnomaly] = []
    private(set) var readCount = 0

    /// Committed appends of a key that nobody read come after those that were, in whatever order; with more of them
    /// than this, edges to each from each reader would be too many, and none are made.
    private static let unreadLimit = 8

    /// What follows from the longest read of a key.
    private struct Versions {
        /// Nodes of the writers that count, with their elements, by position in the longest read.
        var writers: [(node: Int, element: Int)?] = []
        /// At each position, and after the last: the position of the next writer that counts.
        var following: [Int] = []
        /// Likewise the position of the latest before it; -1 for none.
        var preceding: [Int] = []
        /// Committed appends that nobody read.
        var unread: [(node: Int, element: Int)] = []
        /// Positions of aborted and unwritten elements.
        var aborted: [Int] = []
        var garbage: [Int] = []
        var repeated: [Int] = []
    }

    private var versions: [Versions] = []
    private var reported: Set<Report> = []

    /// One report of an element is enough, however many read it.
    private struct Report: Hashable {
        let kind: ListAppendAnomaly.Kind
        let key: Int
        let element: Int
    }

    init(_ index: ListAppendIndex, nodes: [Int]) {
        self.index = index
        self.nodes = nodes
        for key in index.keys { addVersions(of: key) }
        for (position, transaction) in index.history.enumerated() where index.counts[position] {
            lookAt(transaction, node: nodes[position])
        }
        findLostAppends()
    }

    // MARK: Writes

    private mutating func addVersions(of key: ListAppendIndex.Key) {
        var order = Versions()
        var seen: Set<Int> = []
        for (place, element) in key.longest.enumerated() {
            if !seen.insert(element).inserted {
                order.repeated.append(place)
                order.writers.append(nil)
            } else if let writer = key.writers[element] {
                let node = nodes[writer.transaction]
                order.writers.append(node < 0 ? nil : (node, element))
                if node < 0 { order.aborted.append(place) }
            } else {
                order.garbage.append(place)
                order.writers.append(nil)
            }
        }
        order.preceding = [-1]
        for (place, writer) in order.writers.enumerated() {
            order.preceding.append(writer == nil ? order.preceding[place] : place)
        }
        order.following = [Int](repeating: order.writers.count, count: order.writers.count + 1)
        for place in order.writers.indices.reversed() {
            order.following[place] = order.writers[place] == nil ? order.following[place + 1] : place
        }
        for element in key.appends where !seen.contains(element) {
            guard let writer = key.writers[element], nodes[writer.transaction] >= 0 else { continue }
            order.unread.append((nodes[writer.transaction], element))
        }
        let chain = order.writers.compactMap { $0 }
        for (earlier, later) in zip(chain, chain.dropFirst()) where earlier.node != later.node {
            edges.append(
                Dependency(
                    earlier.node, later.node, .ww, key: key.name, sourceElement: earlier.element,
                    targetElement: later.element))
        }
        if let last = chain.last, order.unread.count <= Self.unreadLimit {
            for later in order.unread where later.node != last.node {
                edges.append(
                    Dependency(
                        last.node, later.node, .ww, key: key.name, sourceElement: last.element,
                        targetElement: later.element))
            }
        }
        versions.append(order)
    }

    // MARK: Reads

    private mutating func lookAt(_ transaction: ListAppendTransaction, node: Int) {
        var own: [Int: [Int]] = [:]
        var ahead: [Int: [Int]] = [:]
        for case .append(let name, let element) in transaction.operations {
            ahead[name, default: []].append(element)
        }
        for operation in transaction.operations {
            switch operation {
            case .append(let name, let element):
                own[name, default: []].append(element)
                ahead[name]?.removeFirst()
            case .read(let name, let elements):
                readCount += 1
                guard let key = index.position(of: name) else { continue }
                if let early = ahead[name]?.first(where: elements.contains) {
                    report(
                        .internalRead, key, early, [transaction.id],
                        "T\(transaction.id) read \(early) in key \(name) before it appended that itself")
                }
                lookAt(elements, of: key, by: transaction, node: node, own: own[name] ?? [])
            }
        }
    }

    private mutating func lookAt(
        _ elements: [Int], of key: Int, by reader: ListAppendTransaction, node: Int, own: [Int]
    ) {
        let name = index.keys[key].name
        let isPrefix = index.keys[key].longest.starts(with: elements)
        if isPrefix {
            lookAtElements(elements, of: key, by: reader)
        } else {
            lookAtStrayElements(elements, of: key, by: reader)
            let other = index.keys[key].longestReader.map { index.history[$0].id } ?? reader.id
            report(
                .incompatibleOrder, key, elements.last ?? 0, [other, reader.id],
                "T\(other) read key \(name) as \(Self.text(index.keys[key].longest)), T\(reader.id) as "
                    + "\(Self.text(elements))")
        }
        guard elements.suffix(own.count).elementsEqual(own) else {
            report(
                .internalRead, key, own.last ?? 0, [reader.id],
                "T\(reader.id) appended \(Self.text(own)) to key \(name) and then read \(Self.text(elements))")
            return
        }
        let place = elements.count - own.count
        lookAtLast(elements.prefix(place).last, of: key, by: reader)
        if isPrefix { addEdges(of: node, reading: place, of: key) }
    }

    /// Elements of a prefix of the longest read, by what is known of that.
    private mutating func lookAtElements(_ elements: [Int], of key: Int, by reader: ListAppendTransaction) {
        let order = versions[key]
        for place in order.aborted.prefix(while: { $0 < elements.count }) {
            reportAborted(elements[place], of: key, by: reader)
        }
        for place in order.garbage.prefix(while: { $0 < elements.count }) {
            reportGarbage(elements[place], of: key, by: reader)
        }
        for place in order.repeated.prefix(while: { $0 < elements.count }) {
            reportRepeated(elements[place], of: key, by: reader)
        }
    }

    private mutating func lookAtStrayElements(_ elements: [Int], of key: Int, by reader: ListAppendTransaction) {
        var seen: Set<Int> = []
        for element in elements {
            if !seen.insert(element).inserted { reportRepeated(element, of: key, by: reader) }
            guard let writer = index.keys[key].writers[element] else {
                reportGarbage(element, of: key, by: reader)
                continue
            }
            if nodes[writer.transaction] < 0 { reportAborted(element, of: key, by: reader) }
        }
    }

    /// The last element that others appended must be the last of its transaction (G1b).
    private mutating func lookAtLast(_ element: Int?, of key: Int, by reader: ListAppendTransaction) {
        guard let element, let writer = index.keys[key].writers[element], !writer.isFinal else { return }
        let other = index.history[writer.transaction].id
        guard other != reader.id else { return }
        report(
            .g1b, key, element, [other, reader.id],
            "T\(reader.id) read key \(index.keys[key].name) up to \(element), after which T\(other) appended more to it"
        )
    }

    private mutating func addEdges(of node: Int, reading place: Int, of key: Int) {
        let order = versions[key]
        let name = index.keys[key].name
        let before = order.preceding[place]
        if before >= 0, let writer = order.writers[before], writer.node != node {
            edges.append(Dependency(writer.node, node, .wr, key: name, sourceElement: writer.element))
        }
        let after = order.following[place]
        if after < order.writers.count {
            if let writer = order.writers[after], writer.node != node {
                edges.append(Dependency(node, writer.node, .rw, key: name, targetElement: writer.element))
            }
        } else if order.unread.count <= Self.unreadLimit {
            for writer in order.unread where writer.node != node {
                edges.append(Dependency(node, writer.node, .rw, key: name, targetElement: writer.element))
            }
        }
    }

    // MARK: Lost appends

    private mutating func findLostAppends() {
        var latest: [(reader: ListAppendTransaction, invoked: Int64)?] = Array(repeating: nil, count: versions.count)
        for (position, transaction) in index.history.enumerated() where index.counts[position] {
            for case .read(let name, _) in transaction.operations {
                guard let key = index.position(of: name) else { continue }
                if let known = latest[key], known.invoked >= transaction.invoked { continue }
                latest[key] = (transaction, transaction.invoked)
            }
        }
        for (key, order) in versions.enumerated() {
            guard let (reader, invoked) = latest[key] else { continue }
            for (_, element) in order.unread {
                guard let position = index.keys[key].writers[element]?.transaction else { continue }
                let writer = index.history[position]
                // Not acknowledged before the read began, or not acknowledged at all: it need not be seen.
                guard writer.outcome == .committed, writer.completed < invoked,
                    !wasStrayRead(element, of: key)
                else { continue }
                report(
                    .lostAppend, key, element, [reader.id, writer.id],
                    "T\(writer.id) appended \(element) to key \(index.keys[key].name) and was acknowledged; T\(reader.id)"
                        + ", invoked later, read the key without it, and so did all others")
            }
        }
    }

    /// Whether a read that contradicts the longest one holds it: that is told as an incompatible order.
    private func wasStrayRead(_ element: Int, of key: Int) -> Bool {
        guard anomalies.contains(where: { $0.kind == .incompatibleOrder }) else { return false }
        let name = index.keys[key].name
        return index.history.indices.contains { position in
            index.counts[position]
                && index.history[position].operations.contains { operation in
                    guard case .read(name, let elements) = operation else { return false }
                    return elements.contains(element)
                }
        }
    }

    // MARK: Words

    private mutating func reportAborted(_ element: Int, of key: Int, by reader: ListAppendTransaction) {
        guard let writer = index.keys[key].writers[element] else { return }
        let other = index.history[writer.transaction].id
        report(
            .g1a, key, element, [reader.id, other],
            "T\(other) appended \(element) to key \(index.keys[key].name) and was aborted; T\(reader.id) read it")
    }

    private mutating func reportGarbage(_ element: Int, of key: Int, by reader: ListAppendTransaction) {
        report(
            .garbageRead, key, element, [reader.id],
            "T\(reader.id) read \(element) in key \(index.keys[key].name), which nobody appended")
    }

    private mutating func reportRepeated(_ element: Int, of key: Int, by reader: ListAppendTransaction) {
        report(
            .duplicateElement, key, element, [reader.id],
            "T\(reader.id) read \(element) twice in key \(index.keys[key].name)")
    }

    private mutating func report(
        _ kind: ListAppendAnomaly.Kind, _ key: Int, _ element: Int, _ transactions: [Int],
        _ explanation: String
    ) {
        guard reported.insert(Report(kind: kind, key: key, element: element)).inserted else { return }
        anomalies.append(
            ListAppendAnomaly(kind: kind, transactions: transactions, explanation: explanation))
    }

    /// A list, shortened in its middle.
    private static func text(_ elements: [Int]) -> String {
        guard elements.count > 12 else { return "\(elements)" }
        let start = elements.prefix(4).map(String.init).joined(separator: ", ")
        let end = elements.suffix(4).map(String.init).joined(separator: ", ")
        return "[\(start), … \(elements.count - 8) more …, \(end)]"
    }
}
