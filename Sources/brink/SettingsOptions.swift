import ArgumentParser
import Foundation
import Harness
import Journal
import Scenarios

/// Where Brink works. Flags come before `BRINK_*`, before `brink.yaml` (searched upward), before /etc/brink.
struct SettingsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Folder of the journals; BRINK_STATE_DIR.", valueName: "folder"))
    var stateDir: String?

    @Option(help: ArgumentHelp("Mount point of cgroup v2; BRINK_CGROUP_ROOT.", valueName: "folder"))
    var cgroupRoot: String?

    @Option(help: ArgumentHelp("Folder for the results of runs; BRINK_OUT.", valueName: "folder"))
    var out: String?

    @Option(
        help: ArgumentHelp(
            "File in which all runs are noted; BRINK_HISTORY. In the state folder when left out.", valueName: "file"))
    var history: String?

    func settings() throws -> Settings {
        let environment = ProcessInfo.processInfo.environment
        let file = try SettingsFile(from: FileManager.default.currentDirectoryPath).values
        var settings = Settings()
        if let value = stateDir ?? environment["BRINK_STATE_DIR"] ?? file["stateDir"] {
            settings.stateFolder = StateFolder(path: WorkingFolder.absolute(value))
        }
        if let value = cgroupRoot ?? environment["BRINK_CGROUP_ROOT"] ?? file["cgroupRoot"] {
            settings.cgroupRoot = WorkingFolder.absolute(value)
        }
        if let value = out ?? environment["BRINK_OUT"] ?? file["out"] { settings.outFolder = value }
        settings.outFolder = WorkingFolder.absolute(settings.outFolder)
        settings.history = (history ?? environment["BRINK_HISTORY"] ?? file["history"]).map(WorkingFolder.absolute)
        settings.templates = environment["BRINK_TEMPLATES"].map(WorkingFolder.absolute)
        if let timeout = try SettingsOptions.duration("BRINK_HEARTBEAT_TIMEOUT", in: environment) {
            settings.heartbeatTimeout = timeout
        }
        settings.guardianDeadline = try SettingsOptions.duration("BRINK_GUARDIAN_DEADLINE", in: environment)
        return settings
    }

    private static func duration(_ name: String, in environment: [String: String]) throws -> Duration? {
        guard let text = environment[name] else { return nil }
        guard case .duration(let time)? = Quantity(text), time >= .milliseconds(100) else {
            throw Console.fail("\(name) must be a time of at least 100ms, not \"\(text)\"", .usage)
        }
        return time
    }
}
