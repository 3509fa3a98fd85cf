/// A cache bounded in entries and in age. The least recently used entry goes first. Time is passed in.
struct LRUCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Lookup {
        case hit(Value)
        case expired
        case missing
    }

    private struct Node {
        var key: Key
        var value: Value
        var expiry: Instant
        /// The neighbour used more recently.
        var newer: Int?
        /// The neighbour used less recently.
        var older: Int?
    }

    private(set) var capacity: Int
    private var nodes: [Node] = []
    private var freeNodes: [Int] = []
    private var index: [Key: Int] = [:]
    private var newest: Int?
    private var oldest: Int?

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { index.count }

    mutating func lookup(_ key: Key, now: Instant) -> Lookup {
        guard let position = index[key] else { return .missing }
        guard nodes[position].expiry > now else {
            remove(at: position)
            return .expired
        }
        unlink(position)
        linkAsNewest(position)
        return .hit(nodes[position].value)
    }

    /// - Returns: the number of entries dropped to make room.
    @discardableResult
    mutating func insert(_ value: Value, for key: Key, expiry: Instant) -> Int {
        guard capacity > 0 else { return 0 }
        if let position = index[key] {
            nodes[position].value = value
            nodes[position].expiry = expiry
            unlink(position)
            linkAsNewest(position)
            return 0
        }
        var evicted = 0
        while index.count >= capacity, let oldest {
            remove(at: oldest)
            evicted += 1
        }
        let node = Node(key: key, value: value, expiry: expiry)
        let position: Int
        if let free = freeNodes.popLast() {
            nodes[free] = node
            position = free
        } else {
            position = nodes.count
            nodes.append(node)
        }
        index[key] = position
        linkAsNewest(position)
        return evicted
    }

    /// The entries, the most recently used first; expired ones are among them until somebody asks for them.
    var contents: [(key: Key, expiry: Instant)] {
        var found: [(Key, Instant)] = []
        var next = newest
        while let position = next {
            found.append((nodes[position].key, nodes[position].expiry))
            next = nodes[position].older
        }
        return found
    }

    /// Looks without using it.
    func peek(_ key: Key) -> (value: Value, expiry: Instant)? {
        index[key].map { (nodes[$0].value, nodes[$0].expiry) }
    }

    /// - Returns: whether there was one.
    mutating func remove(_ key: Key) -> Bool {
        guard let position = index[key] else { return false }
        remove(at: position)
        return true
    }

    /// - Returns: whether there is one.
    mutating func setExpiry(_ expiry: Instant, of key: Key) -> Bool {
        guard let position = index[key] else { return false }
        nodes[position].expiry = expiry
        return true
    }

    /// - Returns: the number of entries dropped to make it fit.
    mutating func resize(to capacity: Int) -> Int {
        self.capacity = capacity
        var evicted = 0
        while index.count > capacity, let oldest {
            remove(at: oldest)
            evicted += 1
        }
        return evicted
    }

    private mutating func remove(at position: Int) {
        unlink(position)
        index[nodes[position].key] = nil
        freeNodes.append(position)
    }

    private mutating func unlink(_ position: Int) {
        let (newer, older) = (nodes[position].newer, nodes[position].older)
        if let newer { nodes[newer].older = older } else { newest = older }
        if let older { nodes[older].newer = newer } else { oldest = newer }
    }

    private mutating func linkAsNewest(_ position: Int) {
        nodes[position].newer = nil
        nodes[position].older = newest
        if let newest { nodes[newest].newer = position } else { oldest = position }
        newest = position
    }
}
