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
        return try start(["run", path])
    }

    /// Starts `brink` with these arguments.
    func start(_ arguments: [String]) throws -> ProcessHandle {
        try SystemFile.removeTree(out)
        let log = try OwnedDescriptor.open("\(place)/brink.log", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        return try SpawnRequest(
            try Self.program("brink"), arguments,
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "BRINK_STATE_DIR": state, "BRINK_OUT": out],
            directory: place, newSession: true, standardOutput: log.number, standardError: log.number
        ).start()
    }

    /// Waits for it and sees that it passed.
    func finish(_ handle: consuming ProcessHandle, within seconds: Int32) throws {
        guard handle.hasEnded(within: seconds * 1000), let status = try handle.reap() else {
            throw BenchError("brink did not end within \(seconds) s: \(log)")
        }
        guard status == 0 else { throw BenchError("brink ended with \(status): \(log)") }
    }

    /// The events of the one run since `start`.
    func events() throws -> [RunEvent] {
        try EventLog.read("\(try folder)/events.jsonl")
    }

    /// A file among the results of the one run since `start`.
    func result(_ name: String) throws -> [UInt8] {
        try SystemFile.read("\(try folder)/\(name)")
    }

    private var folder: String {
        get throws {
            guard let run = try SystemFile.entries(of: out).first else {
                throw BenchError("brink left no results: \(log)")
            }
            return "\(out)/\(run)"
        }
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
