import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// The checks of the data as a run makes them: they stay quiet where a level keeps what it promises, and tell where it
    /// is judged by more.
    @Suite(.serialized) struct DataSafetyTests {
        private func run(promises: String, _ checks: String, in place: String) throws -> BrinkCommand.Result {
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: safety
                services: {db: {postgres: {maxConnections: 60}}}
                targets: {db: {service: db}}
                dataSafety:
                  target: db
                  integrity: false
                \(checks.replacing("LEVEL", with: "isolation: read-committed, promises: \(promises)"))
                phases: {baseline: 0s, run: 8s, recovery: 0s}
                faults:
                - {id: slow, at: 1s, for: 5s, postgres.settings: {target: db, set: jit=off}}
                """, in: place)
            return try BrinkCommand(in: place).run(["run", path])
        }

        @Test(arguments: [
            ("listAppend", "clients: 8, pause: 0s"), ("bank", "clients: 8, pause: 0s"), ("phenomena", "pause: 0s"),
        ])
        func readCommittedIsNotSerializable(_ check: String, _ rest: String) throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let kept = try run(promises: "read-committed", "  \(check): {LEVEL, \(rest)}", in: place)
            #expect(kept.code == 0, "\(kept.all)")
            let broken = try run(promises: "serializable", "  \(check): {LEVEL, \(rest)}", in: place)
            #expect(broken.code == 1 && broken.all.contains("dataSafety.\(check)"), "\(broken.all)")
        }
    }
}
