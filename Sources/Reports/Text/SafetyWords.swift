import Events

/// What to say of a check of the data, or of the service's door.
struct SafetyWords {
    let name: String
    let verdict: Verdict
    let findings: [String]
    let notes: [String]
    private let values: [String: Double]

    init(_ finding: DataSafetyFinding) {
        name =
            switch finding.check {
            case .integrity: "Integrity of what is stored"
            case .listAppend: "Lists appended to and read"
            case .bank: "Sum of a bank"
            case .phenomena: "What transactions can do to each other"
            }
        (verdict, findings, notes, values) = (finding.verdict, finding.findings, finding.notes, finding.figures)
    }

    init(_ finding: BypassFinding) {
        name = "Attempts to get into \(finding.service) without a right token"
        (verdict, findings, notes, values) = (finding.verdict, finding.findings, finding.notes, finding.figures)
    }

    /// All of a run, in the order in which they are told.
    static func all(_ result: RunResult) -> [SafetyWords] {
        result.dataSafety.map { SafetyWords($0) } + (result.bypass.map { [SafetyWords($0)] } ?? [])
    }

    /// `anomalies 0, committed 1204`.
    var figures: String {
        values.sorted { $0.key < $1.key }.map { "\($0.key) \(MetricUnit.trim($0.value))" }
            .joined(separator: ", ")
    }
}
