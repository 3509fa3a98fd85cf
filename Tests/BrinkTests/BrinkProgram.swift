import Foundation
import Glibc
import LinuxSystem
import Testing

/// The built command line, run in a folder of its own. Nothing here needs root, and nothing is changed by it.
final class BrinkProgram {
    struct Result {
        let code: Int32
        let output: String
        let errors: String

        var all: String { output + errors }
    }

    /// Removed with the value.
    let folder: String
    private let environment: [String: String]

    init(environment: [String: String] = [:]) throws {
        folder = "/tmp/brink-command-\(getpid())-\(UInt32.random(in: .min ... .max))"
        self.environment = environment
        try SystemFile.makeFolders(folder, mode: 0o755)
    }

    deinit { try? SystemFile.removeTree(folder) }

    /// Beside the test bundle, or where BRINK_BIN says.
    private static var programs: String {
        ProcessInfo.processInfo.environment["BRINK_BIN"]
            ?? SystemFile.parent(of: (try? SystemFile.linkTarget("/proc/self/exe")) ?? "/")
    }

    /// Writes a file below the folder and gives its path.
    func write(_ name: String, _ text: String) throws -> String {
        let path = "\(folder)/\(name)"
        try SystemFile.makeFolders(SystemFile.parent(of: path), mode: 0o755)
        try SystemFile.replace(path, Array(text.utf8), mode: 0o644)
        return path
    }

    /// - Parameters:
    ///   - place: the working folder, below the program's own.
    ///   - input: a file for its standard input; nothing when left out.
    func run(_ arguments: [String], in place: String = ".", input: String? = nil) throws -> Result {
        let handle = try start(arguments, in: place, input: input)
        let hasEnded = handle.hasEnded(within: 60_000)
        if !hasEnded { try handle.send(.kill) }
        try #require(hasEnded, "brink \(arguments) did not end within a minute")
        let status = try handle.reap()
        let texts = try written
        return Result(code: try #require(status), output: texts.output, errors: texts.errors)
    }

    /// Starts it and does not wait; whoever starts one ends it.
    func start(_ arguments: [String], in place: String = ".", input: String? = nil) throws -> ProcessHandle {
        let input = try OwnedDescriptor.open(input ?? "/dev/null", O_RDONLY)
        let output = try open(outputs.output)
        let errors = try open(outputs.errors)
        var variables = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        variables.merge(environment) { _, new in new }
        let handle = try SpawnRequest(
            "\(Self.programs)/brink", arguments, environment: variables, directory: "\(folder)/\(place)",
            newSession: true, standardInput: input.number, standardOutput: output.number, standardError: errors.number
        ).start()
        try input.close()
        try output.close()
        try errors.close()
        return handle
    }

    /// What the one that was started last has said so far.
    var written: (output: String, errors: String) {
        get throws {
            (
                String(decoding: try SystemFile.read(outputs.output), as: UTF8.self),
                String(decoding: try SystemFile.read(outputs.errors), as: UTF8.self)
            )
        }
    }

    private var outputs: (output: String, errors: String) { ("\(folder)/.output-1", "\(folder)/.output-2") }

    private func open(_ path: String) throws -> OwnedDescriptor {
        try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    }
}
