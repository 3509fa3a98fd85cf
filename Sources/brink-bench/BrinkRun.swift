import Events
import Foundation
import Glibc
import LinuxSystem
import Reports

/// One run of the real `brink` beside this program, with journals and results of its own.
struct BrinkRun {
    let place: String

    private var state: String { "\(place)/state" }
    private var out: String { "\(place)/out" }

    /// Starts `brink run` on a scenario.
    func start(_ scenario: String) throws -> ProcessHandle {
        let path = "\(place)/scenario.yaml"
        try SystemFile.replace(path, Array(scenario.utf8))
        try SystemFile.removeTree(out)
        let log = try OwnedDescriptor.open("\(place)/brink.log", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        return try SpawnRequest(
            try Self.program("brink"), ["run", path],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "BRINK_STATE_DIR": state, "BRINK_OUT": out],
            directory: place, newSession: true, standardOutput: log.number, standardError: log.number
        ).start()
    }

    /// The events of the one run since `start`.
    func events() throws -> [RunEvent] {
        guard let run = try SystemFile.entries(of: out).first else { throw BenchError("brink left no results: \(log)") }
        return try EventLog.read("\(out)/\(run)/events.jsonl")
    }

    /// What brink said.
    var log: String { (try? SystemFile.readText("\(place)/brink.log")) ?? "" }

    /// A program built together with this one.
    static func program(_ name: String) throws -> String {
        let path = "\(SystemFile.parent(of: try SystemFile.linkTarget("/proc/self/exe")))/\(name)"
        guard SystemFile.exists(path) else { throw BenchError("\(path) is missing: run scripts/build") }
        return path
    }
}
