import Events

/// An expectation with what was measured.
public struct ExpectationOutcome: Codable, Hashable, Sendable {
    public var id: String
    /// Its text as written in the scenario.
    public var that: String
    /// Absent when the run stopped before it was judged.
    public var verdict: Verdict?
    /// Measured operands in base units, for example `recovery(kill)`: 2.1.
    public var values: [String: Double]
    public var detail: String

    init(_ result: ExpectationResult) {
        id = result.id
        that = result.that
        verdict = result.verdict
        // JSON has no infinity, and a value without a number is as good as not measured.
        values = result.values.filter(\.value.isFinite)
        detail = result.detail
    }

    init(unjudged id: String, that: String) {
        self.id = id
        self.that = that
        values = [:]
        detail = ""
    }
}
