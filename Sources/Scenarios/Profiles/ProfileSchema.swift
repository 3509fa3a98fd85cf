/// The JSON Schema (2020-12) of target profiles.
public struct ProfileSchema: SchemaForms, Sendable {
    public init() {}

    /// The schema as text.
    public var text: String { written }

    var root: [String: Any] {
        object(
            [
                "apiVersion": ["const": Scenario.apiVersion], "profile": name, "service": program, "load": load,
                "names": map(string("What stands for a name of bookshop, such as bookshop.books.")),
            ], required: ["apiVersion", "profile", "service", "load"]
        ).merging(["$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Brink target profile"]) { $1 }
    }

    private var program: [String: Any] {
        let places = TargetProfile.Program.placeholders.map { "{\($0)}" }.joined(separator: ", ")
        return object(
            [
                "program": string("Absolute path, or one from {folder}, where the profile lies."),
                "arguments": [
                    "type": "array", "items": ["type": ["string", "integer"]], "description": "With \(places).",
                ],
                "environment": map(["type": ["string", "integer"]]),
                "schema": string("File of SQL that the database's owner runs once before the start."),
                "ready": path("Answers 2xx once it is ready."), "startTimeout": duration,
            ], required: ["program", "ready"])
    }

    private var load: [String: Any] {
        object(
            [
                "endpoint": path("Of GraphQL."), "headers": map(["type": ["string", "integer"]]),
                "requests": map(request),
                "stored": string("SQL that returns the stored keys which begin with $1."),
                "errors": [
                    "type": "object", "propertyNames": ["enum": MetricNames.errorClasses],
                    "additionalProperties": string("A text that messages of this class have."),
                ],
                "rate": pattern("^[0-9.]+%$"), "timeout": duration,
            ], required: ["requests"])
    }

    private var request: [String: Any] {
        exactlyOne(
            [
                "query": string("A GraphQL document."), "get": path("With placeholders."),
                "post": path("With placeholders."),
            ],
            others: [
                "weight": ["type": "number", "exclusiveMinimum": 0], "variables": ["type": "object"], "body": true,
                "write": ["type": "boolean"],
                "answer": string("Path of a value that a right answer has, such as data.book.id."),
                "equals": ["type": ["string", "integer"], "description": "What that value must be."],
            ], required: ["answer"])
    }

    private func path(_ description: String) -> [String: Any] {
        pattern("^/").merging(["description": description]) { $1 }
    }
}
