import Foundation
import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// A short baseline of the reference service in cgroups, held against itself and against a slower one.
    @Suite(.serialized) struct BaselineTests {
        private struct Saved: Decodable {
            struct Record: Decodable {
                struct Metric: Decodable { let name: String }
                struct Run: Decodable { let median: Double }

                let metric: Metric
                let runs: [Run]
            }

            let metrics: [Record]
            let notMeasured: [[String: String]]
            let fingerprint: String
        }

        @Test func aBaselineIsSavedAndComparedWithItself() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let command = BrinkCommand(in: place)
            let file = "\(place)/short.json"
            let result = try command.run([
                "baseline", "save", "short", "--runs", "3", "--window", "3s", "--save", file, "--format", "json",
            ])
            #expect(result.code == 0, "\(result.all)")
            let saved = try JSONDecoder().decode(Saved.self, from: Data(result.output.utf8))
            #expect(saved.metrics.count >= 40, "\(saved.metrics.map(\.metric.name)); not \(saved.notMeasured)")
            #expect(saved.metrics.allSatisfy { $0.runs.count == 3 && $0.runs.allSatisfy { $0.median >= 0 } })
            #expect(saved.notMeasured.isEmpty, "\(saved.notMeasured)")
            #expect(try command.run(["verify"]).code == 0)

            let same = try command.run(["baseline", "compare", file, file])
            #expect(same.code == 0, "\(same.all)")
            #expect(same.output.contains("0 slower"))
        }
    }
}
