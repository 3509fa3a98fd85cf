import Scenarios

/// The README's table of faults, made from the code.
public enum FaultTable {
    /// A Markdown table with one row for each kind of fault.
    public static func markdown(_ schemas: [FaultSchema]) -> String {
        var lines = [
            "| fault | what it does | targets | parameters | needs | seen to work by | taken back by |",
            "|---|---|---|---|---|---|---|",
        ]
        for schema in schemas {
            let parameters = schema.parameters.map { parameter in
                let optional = parameter.isRequired ? "" : ", optional"
                let fallback = parameter.defaultValue.map { ", default \($0)" } ?? optional
                return "`\(parameter.name)` (\(parameter.form)\(fallback))"
            }
            let cells = [
                "`\(schema.name)`", schema.summary, schema.targets.sorted().map(\.rawValue).joined(separator: ", "),
                parameters.joined(separator: "; "),
                schema.requirements.joined(separator: "; "), schema.verifiedBy, schema.undoneBy,
            ]
            lines.append("| \(cells.map { $0.isEmpty ? "–" : $0 }.joined(separator: " | ")) |")
        }
        return lines.joined(separator: "\n")
    }
}
