import Scenarios

/// What `brink faults` says of every kind of fault, made from the code.
public enum FaultListing {
    /// One kind of fault as the JSON listing has it.
    public struct Row: Encodable, Sendable {
        public struct Parameter: Encodable, Sendable {
            public let name: String
            /// What may be written, with its unit or range.
            public let form: String
            public let required: Bool
            public let `default`: String?
            public let summary: String

            init(_ schema: ParameterSchema) {
                name = schema.name
                form = schema.form
                required = schema.isRequired
                self.default = schema.defaultValue
                summary = schema.summary
            }
        }

        public let name: String
        public let summary: String
        public let targetKinds: [String]
        public let parameters: [Parameter]
        public let requirements: [String]
        public let verifiedBy: String
        public let undoneBy: String

        init(_ schema: FaultSchema) {
            name = schema.name
            summary = schema.summary
            targetKinds = schema.targets.sorted().map(\.rawValue)
            parameters = schema.parameters.map { Parameter($0) }
            requirements = schema.requirements
            verifiedBy = schema.verifiedBy
            undoneBy = schema.undoneBy
        }
    }

    /// In the order of the reference.
    public static func rows(_ schemas: [FaultSchema]) -> [Row] { schemas.map { Row($0) } }

    /// For people: a paragraph for each kind.
    public static func text(_ schemas: [FaultSchema]) -> String {
        schemas.map { paragraph($0) }.joined(separator: "\n\n")
    }

    private static func paragraph(_ schema: FaultSchema) -> String {
        var lines = [
            "\(schema.name)  (\(schema.targets.sorted().map(\.rawValue).joined(separator: ", ")))",
            "    \(schema.summary)",
        ]
        for parameter in schema.parameters {
            let fallback = parameter.defaultValue.map { "default \($0)" } ?? "optional"
            let need = parameter.isRequired ? "required" : fallback
            lines.append("    \(parameter.name): \(parameter.form) [\(need)] \(parameter.summary)")
        }
        if !schema.requirements.isEmpty { lines.append("    needs: \(schema.requirements.joined(separator: "; "))") }
        lines.append("    verified by: \(schema.verifiedBy)")
        lines.append("    undone by: \(schema.undoneBy)")
        return lines.joined(separator: "\n")
    }
}
