import Foundation
import NIOCore
import NIOHTTP1
import PlainHTTP

@testable import bookshop

/// The built `bookshop` as a process of its own.
final class RunningBookshop: Sendable {
    struct Failure: Error {
        let message: String
    }

    struct Answer: Sendable {
        let status: Int
        let body: String
        let value: GraphQLValue

        var code: String? {
            guard case .list(let errors) = value["errors"],
                case .string(let code) = errors.first?["extensions"]?["code"]
            else { return nil }
            return code
        }
    }

    let process: Process
    private let client = PlainHTTPClient()
    let url: String
    private let standardError: StandardError

    /// Next to the test bundle, where SwiftPM puts it.
    static var binary: URL {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: "bookshop")
    }

    /// Collects what the process says, so that its pipe never fills up.
    private final class StandardError: Sendable {
        let lines: AsyncStream<String>

        init(_ pipe: Pipe) {
            let handle = pipe.fileHandleForReading
            lines = AsyncStream { continuation in
                let reader = Thread {
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
                }
                reader.start()
            }
        }
    }

    static func spawn(_ arguments: [String]) throws -> (Process, Pipe) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = binary
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = pipe
        try process.run()
        return (process, pipe)
    }

    /// Runs a command to its end.
    static func run(_ arguments: [String]) async throws -> (code: Int32, standardError: String) {
        let (process, pipe) = try spawn(arguments)
        var text = ""
        for await line in StandardError(pipe).lines { text += line + "\n" }
        while process.isRunning { try await Task.sleep(for: .milliseconds(5)) }
        return (process.terminationStatus, text)
    }

    /// Starts `bookshop serve` without authentication on a free port and waits until it listens.
    init(_ connectionString: String, _ arguments: [String] = ["--no-auth"]) async throws {
        let (process, pipe) = try Self.spawn(
            ["serve", "--port", "0", "--database", connectionString] + arguments)
        self.process = process
        let standardError = StandardError(pipe)
        self.standardError = standardError
        let prefix = "bookshop: listening on "
        for await line in standardError.lines where line.hasPrefix(prefix) {
            url = "http://" + line.dropFirst(prefix.count)
            return
        }
        throw Failure(message: "bookshop did not start to listen")
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    func get(_ path: String, timeout: TimeAmount = .seconds(20)) async throws -> Answer {
        try await send(.GET, path, timeout: timeout)
    }

    /// - Parameter timeout: when the client gives up and closes its connection.
    func ask(_ query: String, token: String? = nil, timeout: TimeAmount = .seconds(20)) async throws -> Answer {
        var json = JSONWriter()
        json.raw("{\"query\":")
        json.string(query)
        json.raw("}")
        return try await post(json.bytes, token: token, timeout: timeout)
    }

    func post(_ body: [UInt8], token: String? = nil, timeout: TimeAmount = .seconds(20)) async throws -> Answer {
        try await send(
            .POST, "/graphql", headers: token.map { ["authorization": $0] } ?? [:], body: ByteBuffer(bytes: body),
            timeout: timeout)
    }

    private func send(
        _ method: HTTPMethod, _ path: String, headers: HTTPHeaders = [:], body: ByteBuffer? = nil,
        timeout: TimeAmount = .seconds(20)
    ) async throws -> Answer {
        let response = try await client.send(
            method, url + path, headers: headers, body: body, limit: 10 << 20, within: timeout)
        let bytes = Array(response.body.readableBytesView)
        let value = (try? JSONReader.read(bytes)) ?? .null
        return Answer(status: response.status, body: String(decoding: bytes, as: UTF8.self), value: value)
    }

    /// A sample of `/metrics` by its name with labels.
    func metric(_ name: String) async throws -> Double? {
        try await get("/metrics").body.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .flatMap { Double($0.dropFirst(name.count + 1)) }
    }

    /// Asks again and again until the answer has no error.
    ///
    /// - Returns: how long that took, `nil` when it did not happen in time.
    func recovery(within limit: Duration, _ query: String) async throws -> Duration? {
        let started = ContinuousClock.now
        while started.duration(to: .now) < limit {
            if try await ask(query).code == nil { return started.duration(to: .now) }
            try await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }

    func signal(_ number: Int32) {
        kill(process.processIdentifier, number)
    }

    /// - Returns: the exit code, or minus the number of the signal that ended it.
    func exitCode() async throws -> Int32 {
        while process.isRunning { try await Task.sleep(for: .milliseconds(5)) }
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }
}
