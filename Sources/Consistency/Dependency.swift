/// Which edges of a graph are meant.
struct DependencyKinds: OptionSet, Sendable {
    let rawValue: UInt8

    /// Write dependency: the target's version follows the source's.
    static let ww = DependencyKinds(rawValue: 1)
    /// Read dependency: the target read the source's version.
    static let wr = DependencyKinds(rawValue: 2)
    /// Anti-dependency: the source read the version before the target's.
    static let rw = DependencyKinds(rawValue: 4)
    /// The source was complete before the target was invoked.
    static let realtime = DependencyKinds(rawValue: 8)

    static let data: DependencyKinds = [.ww, .wr, .rw]
    static let all: DependencyKinds = [.ww, .wr, .rw, .realtime]
}

/// One edge.
struct Dependency: Sendable {
    let source: Int32
    let target: Int32
    let kind: DependencyKinds
    let key: Int
    /// The element that the source appended.
    let sourceElement: Int
    /// The element that the target appended.
    let targetElement: Int

    init(
        _ source: Int, _ target: Int, _ kind: DependencyKinds, key: Int = 0, sourceElement: Int = 0,
        targetElement: Int = 0
    ) {
        self.source = Int32(truncatingIfNeeded: source)
        self.target = Int32(truncatingIfNeeded: target)
        self.kind = kind
        self.key = key
        self.sourceElement = sourceElement
        self.targetElement = targetElement
    }
}
