import ArgumentParser
import Glibc
import Harness
import LinuxSystem

struct RecoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover", abstract: "Undo what a run left behind that died together with its guardian.",
        discussion:
            "Example: brink recover\nDoes nothing, and exits 0, when nothing is left. Exits 10 when something stays.")

    @OptionGroup var settings: SettingsOptions

    func run() throws {
        let settings = try settings.settings()
        guard geteuid() == 0 else {
            throw Console.fail("brink recover needs root: it writes back what a run changed", .notPrivileged)
        }
        let summary: Recovery.Summary
        do {
            try settings.stateFolder.prepare()
            let lock = try FileLock(path: settings.stateFolder.lockFile, waitingMilliseconds: 60_000)
            summary = try Recovery(stateFolder: settings.stateFolder).replayAll()
            try lock.unlock()
        } catch {
            throw Console.fail("\(error)", .internal)
        }
        for line in summary.undone { print("undone: \(line)") }
        for line in summary.residues { print("left: \(line)") }
        print("\(summary.journals) runs, \(summary.undone.count) changes undone, \(summary.residues.count) left")
        if !summary.residues.isEmpty { throw Console.end(.hostNotRestored) }
    }
}
