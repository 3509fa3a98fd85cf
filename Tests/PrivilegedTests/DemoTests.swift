import Foundation
import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// The main job on real parts. The verdict must come from what is measured: the sound service passes, each seeded
    /// weakness fails on the expectation that is about it.
    @Suite(.serialized) struct DemoTests {
        private struct Result: Decodable {
            struct Expectation: Decodable {
                let id: String
                let verdict: String
            }

            struct Host: Decodable {
                let restored: Bool?
            }

            struct Ledger: Decodable {
                let lost: Int
                let acked: Int
            }

            let verdict: String?
            let expectations: [Expectation]
            let ledger: Ledger?
            let host: Host
        }

        private func run(_ arguments: [String]) throws -> (BrinkCommand.Result, Result) {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let command = BrinkCommand(in: place)
            let result = try command.run(["run", "cascade.pool-and-database"] + arguments)
            let names = SystemFile.exists(command.out) ? try SystemFile.entries(of: command.out) : []
            let run = try #require(names.first, "no run folder: \(result.all)")
            let folder = "\(command.out)/\(run)"
            for file in ["events.jsonl", "result.json", "junit.xml", "report.html", "summary.md"] {
                #expect(SystemFile.exists("\(folder)/\(file)"), "\(file) is missing")
            }
            let data = Data(try SystemFile.read("\(folder)/result.json"))
            let decoded = try JSONDecoder().decode(Result.self, from: data)
            #expect(decoded.host.restored == true)
            #expect(!SystemFile.exists("/sys/fs/cgroup/brink.slice"))
            #expect(try command.run(["verify"]).code == 0)
            print(
                "demo \(arguments.joined(separator: " ")): \(decoded.verdict ?? "none"), lost \(decoded.ledger?.lost ?? -1) of \(decoded.ledger?.acked ?? -1)"
            )
            return (result, decoded)
        }

        private func verdict(of id: String, in result: Result) -> String? {
            result.expectations.first { $0.id == id }?.verdict
        }

        @Test func theSoundServicePasses() throws {
            let (command, result) = try run([])
            #expect(command.code == 0, "\(command.all)")
            #expect(result.verdict == "pass")
            #expect(result.expectations.allSatisfy { $0.verdict == "pass" })
            #expect(result.ledger?.lost == 0)
        }

        @Test func acknowledgingBeforeTheCommitLosesRows() throws {
            let (command, result) = try run(["--weakness", "ack-before-commit"])
            #expect(command.code == 1, "\(command.all)")
            #expect(verdict(of: "integrity", in: result) == "fail")
            #expect(try #require(result.ledger).lost > 0)
        }

        @Test func notReconnectingFailsRecovery() throws {
            let (command, result) = try run(["--weakness", "no-reconnect"])
            #expect(command.code == 1, "\(command.all)")
            #expect(verdict(of: "recovery", in: result) == "fail")
            #expect(result.ledger?.lost == 0)
        }
    }
}
