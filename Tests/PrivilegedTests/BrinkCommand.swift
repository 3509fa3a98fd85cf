import Foundation
import Glibc
import LinuxSystem
import Testing

/// Runs the built command line as a person would.
struct BrinkCommand {
    /// What a finished command said.
    struct Result {
        let code: Int32
        let output: String
        let errors: String

        var all: String { output + errors }
    }

    /// A command that is under way.
    final class Running {
        let identity: ProcessIdentity
        private let handle: Handle
        private let outputPath: String
        private let errorPath: String

        /// A class around the noncopyable owner, so that tests can hold it where they like.
        private final class Handle {
            let value: ProcessHandle
            init(_ value: consuming ProcessHandle) { self.value = value }

            /// A test that failed in the middle must not leave its run to the next one.
            deinit {
                guard !value.hasEnded() else { return }
                try? value.send(.terminate)
                if !value.hasEnded(within: 30_000) { try? value.send(.kill) }
            }
        }

        init(_ value: consuming ProcessHandle, _ outputPath: String, _ errorPath: String) {
            identity = value.identity
            handle = Handle(value)
            self.outputPath = outputPath
            self.errorPath = errorPath
        }

        func send(_ signal: Signal) throws { try handle.value.send(signal) }

        var hasEnded: Bool { handle.value.hasEnded() }

        func wait(seconds: Int32 = 240) throws -> Result {
            let ended = handle.value.hasEnded(within: seconds * 1000)
            try #require(ended, "brink did not end within \(seconds) s")
            let status = try handle.value.reap()
            let code = try #require(status)
            let result = Result(
                code: code, output: String(decoding: try SystemFile.read(outputPath), as: UTF8.self),
                errors: String(decoding: try SystemFile.read(errorPath), as: UTF8.self))
            try SystemFile.removeTree(outputPath)
            try SystemFile.removeTree(errorPath)
            return result
        }

        var errorsSoFar: String { (try? String(decoding: SystemFile.read(errorPath), as: UTF8.self)) ?? "" }
    }

    /// A program that starts Brink elsewhere, such as in other namespaces, from a cgroup there.
    struct Entrance {
        let program: String
        /// Before Brink's own path.
        let arguments: [String]
        let cgroup: String
    }

    let state: String
    let out: String
    var entrance: Entrance?

    /// - Parameter place: a folder for this test's journals and results.
    init(in place: String) {
        state = "\(place)/state"
        out = "\(place)/out"
    }

    /// Beside the test bundle, or where BRINK_BIN says.
    static var folder: String {
        ProcessInfo.processInfo.environment["BRINK_BIN"]
            ?? SystemFile.parent(of: (try? SystemFile.linkTarget("/proc/self/exe")) ?? "/")
    }

    /// What every command of this place is given.
    var environment: [String: String] {
        [
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "BRINK_STATE_DIR": state, "BRINK_OUT": out,
            // Made once for all tests.
            "BRINK_TEMPLATES": "/var/tmp/brink-test-templates",
        ]
    }

    func start(
        _ arguments: [String], environment: [String: String] = [:], owner: SpawnRequest.Owner? = nil
    ) throws -> Running {
        let name = "/tmp/brink-out-\(UInt64.random(in: .min ... .max))"
        let output = try OwnedDescriptor.open("\(name).1", O_WRONLY | O_CREAT, mode: 0o666)
        let errors = try OwnedDescriptor.open("\(name).2", O_WRONLY | O_CREAT, mode: 0o666)
        let variables = self.environment.merging(environment) { _, new in new }
        let program = "\(Self.folder)/brink"
        let handle = try SpawnRequest(
            entrance?.program ?? program, (entrance.map { $0.arguments + [program] } ?? []) + arguments,
            environment: variables, directory: "/tmp", cgroup: entrance?.cgroup, newSession: true, owner: owner,
            standardOutput: output.number, standardError: errors.number
        ).start()
        return Running(handle, "\(name).1", "\(name).2")
    }

    func run(
        _ arguments: [String], environment: [String: String] = [:], owner: SpawnRequest.Owner? = nil,
        seconds: Int32 = 240
    ) throws -> Result {
        try start(arguments, environment: environment, owner: owner).wait(seconds: seconds)
    }
}
