/// A history ordered for questions: who wrote what, which transactions count, and in which order each key was written.
struct ListAppendIndex {
    /// Where an element comes from.
    struct Writer {
        /// Position in the history.
        let transaction: Int
        /// Whether its transaction appended nothing to the key after it.
        var isFinal: Bool
    }

    /// All that is known of one key.
    struct Key {
        let name: Int
        var writers: [Int: Writer] = [:]
        /// Appends in the history's order.
        var appends: [Int] = []
        /// The longest read, which holds the order of the versions, and who read it.
        var longest: [Int] = []
        var longestReader: Int?
    }

    let history: [ListAppendTransaction]
    private(set) var keys: [Key] = []
    /// By position in the history: committed, or of unknown outcome and read by one that counts.
    private(set) var counts: [Bool]
    private var positions: [Int: Int] = [:]

    init(_ history: [ListAppendTransaction]) throws(ListAppendHistoryError) {
        self.history = history
        counts = history.map { $0.outcome == .committed }
        var ids: Set<Int> = []
        for (position, transaction) in history.enumerated() {
            guard ids.insert(transaction.id).inserted else { throw .repeatedTransaction(id: transaction.id) }
            guard transaction.invoked <= transaction.completed else { throw .endsBeforeItBegins(id: transaction.id) }
            try addWrites(of: transaction, at: position)
        }
        believeWhatWasRead()
        findVersionOrders()
    }

    func position(of key: Int) -> Int? { positions[key] }

    private mutating func addWrites(
        of transaction: ListAppendTransaction, at position: Int
    ) throws(ListAppendHistoryError) {
        var latest: [Int: Int] = [:]
        for operation in transaction.operations {
            switch operation {
            case .read(let name, _):
                _ = add(name)
            case .append(let name, let element):
                let key = add(name)
                guard keys[key].writers[element] == nil else { throw .repeatedAppend(key: name, element: element) }
                keys[key].writers[element] = Writer(transaction: position, isFinal: true)
                keys[key].appends.append(element)
                if let before = latest.updateValue(element, forKey: key) {
                    keys[key].writers[before]?.isFinal = false
                }
            }
        }
    }

    private mutating func add(_ name: Int) -> Int {
        if let key = positions[name] { return key }
        keys.append(Key(name: name))
        positions[name] = keys.count - 1
        return keys.count - 1
    }

    /// A transaction of unknown outcome committed if one that counts read it; what it read itself counts then, too.
    private mutating func believeWhatWasRead() {
        guard history.contains(where: { $0.outcome == .unknown }) else { return }
        var pending = history.indices.filter { counts[$0] }
        while let position = pending.popLast() {
            for case .read(let name, let elements) in history[position].operations {
                guard let key = positions[name] else { continue }
                for element in elements {
                    guard let writer = keys[key].writers[element]?.transaction, !counts[writer],
                        history[writer].outcome == .unknown
                    else { continue }
                    counts[writer] = true
                    pending.append(writer)
                }
            }
        }
    }

    private mutating func findVersionOrders() {
        for (position, transaction) in history.enumerated() where counts[position] {
            for case .read(let name, let elements) in transaction.operations {
                guard let key = positions[name] else { continue }
                if keys[key].longestReader == nil || elements.count > keys[key].longest.count {
                    keys[key].longest = elements
                    keys[key].longestReader = position
                }
            }
        }
    }
}
