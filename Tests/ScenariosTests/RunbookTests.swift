import Foundation
import Testing
import Yams

/// The runbook's examples can be taken as they are.
@Suite struct RunbookTests {
    private static var text: String {
        get throws {
            let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let path = package.appendingPathComponent("Sources/brink/Brink.docc/Runbook.md")
            return try String(contentsOf: path, encoding: .utf8)
        }
    }

    private static var examples: [[String: Any]] {
        get throws {
            try text.components(separatedBy: "```yaml\n").dropFirst().map { part in
                let yaml = try #require(part.components(separatedBy: "```").first)
                return try #require(try Yams.load(yaml: yaml) as? [String: Any])
            }
        }
    }

    @Test func theWorkflowIsOne() throws {
        let workflow = try #require(try Self.examples.first)
        // YAML 1.1 takes the key `on` for true.
        #expect(workflow["name"] as? String == "chaos" && workflow.count == 3)
        let jobs = try #require(workflow["jobs"] as? [String: [String: Any]])
        let steps = try #require(jobs["suite"]?["steps"] as? [[String: Any]])
        #expect(jobs["suite"]?["runs-on"] is String)
        #expect(steps.allSatisfy { ($0["run"] is String) != ($0["uses"] is String) })
        #expect(steps.contains { ($0["run"] as? String)?.contains("brink suite run") == true })
    }

    @Test func theJobIsOne() throws {
        let examples = try Self.examples
        try #require(examples.count == 2)
        let job = try #require(examples[1]["chaos"] as? [String: Any])
        #expect((job["script"] as? [String])?.contains { $0.contains("brink suite run") } == true)
        #expect((job["artifacts"] as? [String: Any])?["reports"] is [String: Any])
    }
}
