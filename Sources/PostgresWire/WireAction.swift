/// What the proxy has to do, in the order given.
public enum WireAction: Hashable, Sendable {
    /// Send bytes, `after` nanoseconds from now at the earliest, 0 or more. Whoever carries this out keeps the order of
    /// each direction: bytes with `after: 0` still wait for those before them.
    case forward(to: WireSide, bytes: ArraySlice<UInt8>, after: Int64)
    /// End this side's direction (pass the FIN on), after what was forwarded to it.
    case end(to: WireSide)
    /// Close both connections, after what was forwarded; with RST when `reset`. Nothing comes after it.
    case close(reset: Bool)
    /// The rule of this name acts; what it does follows.
    case matched(rule: String)
    /// The stream can't be followed; a `close` comes next. The reason is for people and holds nothing of the stream.
    case refused(reason: String)
}
