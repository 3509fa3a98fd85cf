import ArgumentParser
import Harness

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read back everything that runs changed on this host.",
        discussion:
            "Example: brink verify\nExits 10 when something is left, 0 when the host is as it was. Changes nothing.")

    @OptionGroup var settings: SettingsOptions

    func run() throws {
        let result: (checked: Int, residues: [String])
        do {
            result = try Recovery(stateFolder: try settings.settings().stateFolder).residues()
        } catch {
            throw Console.fail("\(error)", .internal)
        }
        for residue in result.residues { print("left: \(residue)") }
        print("\(result.checked) changes checked, \(result.residues.count) left")
        if !result.residues.isEmpty { throw Console.end(.hostNotRestored) }
    }
}
