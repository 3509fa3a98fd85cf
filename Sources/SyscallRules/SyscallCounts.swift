/// How many calls the rules of one id have seen, and to how many they did something.
public struct SyscallCounts: Hashable, Sendable {
    /// Calls of the named kind since the rules went on.
    public var seen: UInt64
    public var injected: UInt64

    public init(seen: UInt64 = 0, injected: UInt64 = 0) {
        self.seen = seen
        self.injected = injected
    }
}
