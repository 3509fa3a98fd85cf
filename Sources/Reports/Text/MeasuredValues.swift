/// The operands of an expectation with what was measured: `recovery(kill) = 2.1 s, errors.rate = 0.3 %`.
struct MeasuredValues {
    /// One operand with its value, in the order of their names.
    let pairs: [(name: String, value: String)]

    init(_ values: [String: Double]) {
        pairs = values.sorted { $0.key < $1.key }.map { ($0.key, MetricUnit(of: $0.key).text($0.value)) }
    }

    var text: String { pairs.map { "\($0.name) = \($0.value)" }.joined(separator: ", ") }
}
