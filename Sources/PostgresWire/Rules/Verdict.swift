/// What the rules say about a message.
struct Verdict {
    enum Outcome {
        case pass, swallow
        case cut(reset: Bool)
        case fail(sqlState: String, message: String)
    }

    /// Names of the rules that act, in their order.
    var rules: [String] = []
    /// Nanoseconds.
    var delay: Int64 = 0
    var outcome = Outcome.pass
}
