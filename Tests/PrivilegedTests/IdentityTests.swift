import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// An issuer in trouble, and who gets in meanwhile.
    @Suite struct IdentityTests {
        @Test func theShippedScenarioPasses() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let command = BrinkCommand(in: place)
            let result = try command.run(["run", "identity.issuer"], seconds: 300)
            #expect(result.code == 0, "\(result.all)")
            for line in result.all.split(separator: "\n") where line.contains("right token") {
                print("identity.issuer: \(line)")
            }
            #expect(try command.run(["verify"]).code == 0)
        }
    }
}
