import Foundation

/// A built program as a child of the test, beside whose bundle SwiftPM puts it.
public final class RunningProgram: Sendable {
    struct Failure: Error {
        let message: String
    }

    private let process: Process
    /// Where it says that it listens, `host:port`.
    public let address: String

    /// Starts it and waits until it says on stderr where it listens: `NAME: listening on HOST:PORT`.
    public init(_ name: String, _ arguments: [String], environment: [String: String]) async throws {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = try Self.path(of: name)
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = pipe
        try process.run()
        self.process = process
        // A thread reads to the end, so that the pipe never fills up.
        let (lines, continuation) = AsyncStream<String>.makeStream()
        let handle = pipe.fileHandleForReading
        Thread {
            var rest = ""
            while true {
                let data = handle.availableData
                guard !data.isEmpty else { break }
                rest += String(decoding: data, as: UTF8.self)
                while let end = rest.firstIndex(of: "\n") {
                    continuation.yield(String(rest[..<end]))
                    rest.removeSubrange(...end)
                }
            }
            continuation.finish()
        }.start()
        let prefix = "\(name): listening on "
        for await line in lines where line.hasPrefix(prefix) {
            address = String(line.dropFirst(prefix.count))
            return
        }
        throw Failure(message: "\(name) did not start to listen")
    }

    public var pid: Int32 { process.processIdentifier }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// Ends it at once.
    public func end() async throws {
        kill(process.processIdentifier, SIGKILL)
        while process.isRunning { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// Runs a program to its end.
    /// - Returns: its exit code.
    public static func run(_ name: String, _ arguments: [String]) async throws -> Int32 {
        let process = Process()
        process.executableURL = try path(of: name)
        process.arguments = arguments
        try process.run()
        while process.isRunning { try await Task.sleep(for: .milliseconds(5)) }
        return process.terminationStatus
    }

    private static func path(of name: String) throws -> URL {
        let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: name)
    }
}
