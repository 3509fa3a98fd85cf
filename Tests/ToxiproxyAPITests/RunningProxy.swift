import Foundation
import NIOCore
import NIOHTTP1
import PlainHTTP

/// The real `brink proxy`, as a process of its own, on a port that it found.
final class RunningProxy {
    struct Failure: Error {
        let reason: String
    }

    /// An answer as curl shows it.
    struct Answer: Hashable {
        let status: Int
        let body: String

        /// The body's fields, when it is an object.
        var fields: [String: Any] {
            ((try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any]) ?? [:]
        }
    }

    let port: Int
    private let process: Process
    private let client = PlainHTTPClient()
    let folder: URL

    init(_ arguments: [String] = [], folder: URL? = nil) throws {
        self.folder = folder ?? FileManager.default.temporaryDirectory.appending(path: "brink-proxy-\(UUID())")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        process = Process()
        process.executableURL = try RunningProxy.program
        process.arguments = ["proxy", "-port", "0", "-seed", "7"] + arguments
        process.standardOutput = FileHandle.nullDevice
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        var text = ""
        var found: Int?
        // It says where it listens once its configuration is in force.
        while found == nil {
            let data = errors.fileHandleForReading.availableData
            guard !data.isEmpty else { throw Failure(reason: "brink proxy ended: \(text)") }
            text += String(decoding: data, as: UTF8.self)
            if let line = text.split(separator: "\n").first(where: { $0.contains("listening on") }) {
                found = line.split(separator: ":").last.flatMap { Int($0) }
            }
        }
        port = found ?? 0
    }

    static var program: URL {
        get throws {
            let environment = ProcessInfo.processInfo.environment
            if let bin = environment["BRINK_BIN"] { return URL(fileURLWithPath: bin).appending(path: "brink") }
            return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "brink")
        }
    }

    func send(
        _ method: HTTPMethod, _ path: String, _ body: String? = nil, userAgent: String = "curl/8"
    ) async throws -> Answer {
        let answer = try await client.send(
            method, "http://127.0.0.1:\(port)\(path)", headers: ["User-Agent": userAgent],
            body: body.map { ByteBuffer(string: $0) }, within: .seconds(10))
        return Answer(status: answer.status, body: String(buffer: answer.body))
    }

    /// Ends the server as a person does.
    func stop() {
        process.interrupt()
        process.waitUntilExit()
        client.close()
    }

    var status: Int32 { process.terminationStatus }
}
