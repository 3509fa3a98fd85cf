import Foundation
import LinuxSystem
import Postgres
import Testing

extension PrivilegedSuite {
    /// The knob `connections` against a program that is known to need seven sessions.
    @Suite(.serialized) struct ConnectionSqueezeTests {
        private struct Found: Decodable {
            struct Estimate: Decodable {
                let value: Double
            }

            let outcome: String
            let brink: Estimate?
            let steps: [Step]
            let seconds: Double

            struct Step: Decodable {
                let number: Int
            }
        }

        private static let need = 7
        private static let port = 47_313

        /// Seven workers, each a perl that runs a psql whenever it has none: one process less for each session that is
        /// refused.
        private func scenario(in place: String) throws -> String {
            let psql = "\(try PostgresInstallation.newest().binaries)/psql"
            let connection = "host=127.0.0.1 port=\(Self.port) user=bookshop dbname=bookshop connect_timeout=5"
            let program =
                "for (1..\(Self.need)) { fork or do { while (1) { "
                + "system q(\(psql)), q(-qAtc), q(SELECT pg_sleep(100000)), q(\(connection)); "
                + "select undef, undef, undef, 1 } } } 1 while wait != -1"
            return try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: pool
                services:
                  db: {postgres: {maxConnections: 40}}
                  workers: {command: {path: /usr/bin/perl, arguments: ["-e", "\(program)"]}}
                targets:
                  db: {service: db}
                  workers: {service: workers}
                  link: {tcpProxy: {listen: "127.0.0.1:\(Self.port)", upstream: db}}
                faults: []
                """, in: place)
        }

        @Test func theKnownNeedIsFound() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let command = BrinkCommand(in: place)
            let running = try command.start([
                "squeeze", "db", "connections", "--scenario", try scenario(in: place), "--slo",
                "workers.pids > \(2 * Self.need).5", "--settle", "2s", "--window", "2s", "--format", "json",
            ])
            let result = try running.wait(seconds: 400)
            #expect(result.code == 0, "\(result.all)")
            let found = try JSONDecoder().decode(Found.self, from: Data(result.output.utf8))
            #expect(found.outcome == "found", "\(result.errors)")
            #expect(found.brink?.value.rounded() == Double(Self.need), "\(result.all)")
            print(
                "squeeze: \(found.brink?.value ?? 0) connections, \(found.steps.count) steps, \(Int(found.seconds)) s")
            #expect(try command.run(["verify"]).code == 0)
        }
    }
}
