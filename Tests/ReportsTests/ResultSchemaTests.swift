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

    @Test("What earlier versions stored is valid and can be read", arguments: ["1.0", "1.1"])
    func stored(_ version: String) throws {
        let bytes = version == "1.0" ? PackageResources.result_1_0_json : PackageResources.result_1_1_json
        #expect(try complaints(Data(bytes)) == "")
        let result = try JSONDecoder().decode(RunResult.self, from: Data(bytes))
        #expect(result.schemaVersion == version)
        #expect(result.faults.contains { $0.recoverySeconds != nil })
        #expect(result.load.contains { ($0.errorShare ?? -1) >= 0 })
        #expect(result.outages.isEmpty == (version == "1.0"))
        // Written again it is the same file: nothing of it was lost on the way.
        func object(_ data: Data) throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        }
        let again = try object(ReportWriter.json(result))
        var before = try object(Data(bytes))
        for key in ["dataSafety", "propagation", "alerts", "outages", "serverLog"] where before[key] == nil {
            before[key] = [Any]()
        }
        #expect(again.keys.sorted() == before.keys.sorted())
        for (key, value) in before {
            // As text: what differs is seen.
            func text(_ value: Any?) throws -> String {
                let data = try JSONSerialization.data(withJSONObject: ["": value ?? NSNull()], options: .sortedKeys)
                return String(decoding: data, as: UTF8.self)
            }
            let (old, new) = (try text(value), try text(again[key]))
            #expect(old == new, "\(key)")
        }
    }

    @Test(
        "What is no result is refused",
        arguments: [
            ("\"verdict\" : \"fail\"", "\"verdict\" : \"maybe\""),
            ("\"schemaVersion\" : \"1.2\"", "\"schemaVersion\" : \"2.0\""),
            ("\"interrupted\" : false", "\"interrupted\" : true"), ("\"seed\"", "\"sead\""),
        ])
    func invalid(_ text: String, _ replacement: String) throws {
        let json = String(decoding: try ReportWriter.json(RunResult(events: SyntheticRun().events)), as: UTF8.self)
        try #require(json.contains(text))
        #expect(try complaints(Data(json.replacing(text, with: replacement).utf8)) != "")
    }
}
