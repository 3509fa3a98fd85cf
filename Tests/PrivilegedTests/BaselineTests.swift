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

        /// The undisturbed seconds of a run, held against a baseline of its own scenario: not slower than that, and slower
        /// than one of a service five times as fast.
        @Test func aRunIsHeldAgainstABaseline() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let scenario = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: held
                services: {db: {postgres: {}}, app: {bookshop: {database: db, cacheTTL: 0s}}}
                targets: {db: {service: db}}
                load: {http: {service: app, rate: 20/s, writes: 30%}}
                phases: {baseline: 14s, run: 3s, recovery: 5s}
                steadyState: {window: 2s, checks: {errors: "errors.rate < 5%"}}
                faults: [{id: fault, at: 0s, for: 2s, postgres.terminate: {target: db, count: 1, pause: 500ms}}]
                """, in: place)
            let command = BrinkCommand(in: place)
            let file = "\(place)/held.json"
            let saved = try command.run([
                "baseline", "save", "held", "--scenario", scenario, "--runs", "6", "--window", "2s", "--save", file,
            ])
            #expect(saved.code == 0, "\(saved.all)")
            let same = try command.run(["run", scenario, "--baseline", file, "--gate"])
            #expect(same.code == 0 && same.output.contains("baseline: "), "\(same.all)")

            let faster = "\(place)/faster.json"
            let data = try JSONSerialization.data(
                withJSONObject: Self.hastened(
                    try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: file)))))
            try data.write(to: URL(filePath: faster))
            let slower = try command.run(["run", scenario, "--baseline", faster, "--gate"])
            #expect(slower.code == 5 && slower.output.contains("latency"), "\(slower.all)")
            // Its reports say so too, and history.
            let newest = try #require(try SystemFile.entries(of: "\(place)/out").filter { $0.first == "2" }.max())
            let result = try SystemFile.readText("\(place)/out/\(newest)/result.json")
            #expect(result.contains("slower than baseline") && result.contains("\"exitCode\" : 5"), "\(result)")
            #expect(try SystemFile.readText("\(place)/out/\(newest)/junit.xml").contains("<failure"))
            #expect(try command.run(["verify"]).code == 0)
        }

        /// The medians and means of all runs of a baseline, a fifth of what they were.
        private static func hastened(_ value: Any) -> Any {
            switch value {
            case let list as [Any]: list.map(hastened)
            case let object as [String: Any]:
                Dictionary(
                    uniqueKeysWithValues: object.map { name, inner in
                        let number = ["median", "mean"].contains(name) ? inner as? Double : nil
                        return (name, number.map { $0 / 5 } ?? hastened(inner))
                    })
            default: value
            }
        }
    }
}
