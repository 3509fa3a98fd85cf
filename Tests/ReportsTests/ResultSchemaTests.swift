import Events
import Foundation
import Testing

@testable import Reports

@Suite("The schema of the result")
struct ResultSchemaTests {
    private static let script = """
        import json, sys, jsonschema
        schema = json.load(open(sys.argv[1]))
        jsonschema.Draft202012Validator.check_schema(schema)
        errors = list(jsonschema.Draft202012Validator(schema).iter_errors(json.load(open(sys.argv[2]))))
        for error in errors: print(error.json_path, error.message)
        sys.exit(1 if errors else 0)
        """

    /// What the validator says of a result; empty when it is valid.
    private func complaints(_ result: Data) throws -> String? {
        guard let python = ExternalProgram("python3"),
            try python.run(["-c", "import jsonschema"]).status == 0
        else {
            Issue.record("python3 with jsonschema is missing: pip install jsonschema")
            return nil
        }
        let folder = try TemporaryFolder()
        let files = (schema: folder.file("schema.json"), result: folder.file("result.json"))
        try Data(ResultSchema.text.utf8).write(to: URL(fileURLWithPath: files.schema))
        try result.write(to: URL(fileURLWithPath: files.result))
        let (status, output) = try python.run(["-c", ResultSchemaTests.script, files.schema, files.result])
        return status == 0 ? "" : output
    }

    @Test("Results are valid: whole, interrupted, empty and hostile")
    func valid() throws {
        let runs = [
            SyntheticRun().events, SyntheticRun(hasEnd: false).events, [], HostileText.events(HostileText.all[0]),
        ]
        for events in runs {
            let data = try ReportWriter.json(RunResult(events: events))
            #expect(try complaints(data) == "")
        }
    }

    @Test(
        "What is no result is refused",
        arguments: [
            ("\"verdict\" : \"fail\"", "\"verdict\" : \"maybe\""),
            ("\"schemaVersion\" : \"1.1\"", "\"schemaVersion\" : \"2.0\""),
            ("\"interrupted\" : false", "\"interrupted\" : true"), ("\"seed\"", "\"sead\""),
        ])
    func invalid(_ text: String, _ replacement: String) throws {
        let json = String(decoding: try ReportWriter.json(RunResult(events: SyntheticRun().events)), as: UTF8.self)
        try #require(json.contains(text))
        #expect(try complaints(Data(json.replacing(text, with: replacement).utf8)) != "")
    }
}
