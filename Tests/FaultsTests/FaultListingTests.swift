import Faults
import Foundation
import Scenarios
import Testing

/// What `brink faults` prints.
@Suite struct FaultListingTests {
    /// As a script reads it.
    private struct Row: Decodable {
        struct Parameter: Decodable {
            let name: String
            let form: String
            let required: Bool
            let `default`: String?
            let summary: String
        }

        let name: String
        let summary: String
        let targetKinds: [String]
        let parameters: [Parameter]
        let requirements: [String]
        let verifiedBy: String
        let undoneBy: String
    }

    private let made = FaultSchema(
        name: "sea.tide", summary: "Takes the water away.", targets: [.process, .cgroup],
        parameters: [
            ParameterSchema("depth", .bytes, required: true, "How much."),
            ParameterSchema("ebb", .duration, default: "6h", "For how long."),
            ParameterSchema("share", .fraction(0.1...1), "Of what is left."),
        ],
        requirements: ["moon", "Linux 5.19"], verifiedBy: "the gauge falls", undoneBy: "waiting")

    @Test func theTextHasAllThereIsToKnow() {
        let text = """
            sea.tide  (cgroup, process)
                Takes the water away.
                depth: bytes, e.g. 256MiB [required] How much.
                ebb: duration, e.g. 40ms [default 6h] For how long.
                share: percentage, 10%…100% [optional] Of what is left.
                needs: moon; Linux 5.19
                verified by: the gauge falls
                undone by: waiting
            """
        #expect(FaultListing.text([made]) == text)
        #expect(FaultListing.text([made, made]) == "\(text)\n\n\(text)")
    }

    @Test func theTextNamesEveryFaultAndWhatItNeeds() {
        let text = FaultListing.text(FaultRegistry.schemas)
        for schema in FaultRegistry.schemas {
            #expect(text.contains("\(schema.name)  ("), "\(schema.name)")
            if !schema.requirements.isEmpty {
                #expect(text.contains("    needs: \(schema.requirements.joined(separator: "; "))\n"), "\(schema.name)")
            }
        }
    }

    @Test func theJSONHasTheSame() throws {
        let data = try JSONEncoder().encode(FaultListing.rows([made] + FaultRegistry.schemas))
        let rows = try JSONDecoder().decode([Row].self, from: data)
        #expect(rows.dropFirst().map(\.name) == FaultRegistry.schemas.map(\.name))
        #expect(rows.allSatisfy { !$0.targetKinds.isEmpty && !$0.summary.isEmpty })
        let row = try #require(rows.first)
        #expect(row.name == "sea.tide")
        #expect(row.summary == "Takes the water away.")
        #expect(row.targetKinds == ["cgroup", "process"])
        #expect(row.parameters.map(\.name) == ["depth", "ebb", "share"])
        #expect(row.parameters.map(\.form) == ["bytes, e.g. 256MiB", "duration, e.g. 40ms", "percentage, 10%…100%"])
        #expect(row.parameters.map(\.required) == [true, false, false])
        #expect(row.parameters.map(\.default) == [nil, "6h", nil])
        #expect(row.parameters.map(\.summary) == ["How much.", "For how long.", "Of what is left."])
        #expect(row.requirements == ["moon", "Linux 5.19"])
        #expect(row.verifiedBy == "the gauge falls")
        #expect(row.undoneBy == "waiting")
    }
}
