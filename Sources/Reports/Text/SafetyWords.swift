import Events

/// What to say of a check of the data.
struct SafetyWords {
    private let finding: DataSafetyFinding

    init(_ finding: DataSafetyFinding) {
        self.finding = finding
    }

    var name: String {
        switch finding.check {
        case .integrity: "Integrity of what is stored"
        case .listAppend: "Lists appended to and read"
        case .bank: "Sum of a bank"
        }
    }

    /// `anomalies 0, committed 1204`.
    var figures: String {
        finding.figures.sorted { $0.key < $1.key }.map { "\($0.key) \(MetricUnit.trim($0.value))" }
            .joined(separator: ", ")
    }
}
