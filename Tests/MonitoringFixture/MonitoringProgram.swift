import Foundation
import NIOCore
import PlainHTTP
import Testing

/// A Prometheus or an Alertmanager of Debian's, on a free port of loopback, with its files in a folder of its own.
public final class MonitoringProgram: Sendable {
    private let process: Process
    private let folder: URL
    public let url: String

    private init(_ program: String, _ arguments: (_ folder: String, _ port: Int) throws -> [String]) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "brink-monitoring-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let port = Int.random(in: 31_000..<32_000)
        url = "http://127.0.0.1:\(port)"
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/\(program)")
        process.arguments = try arguments(folder.path, port)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let client = PlainHTTPClient()
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            if let answer = try? await client.send(.GET, "\(url)/-/ready", within: .seconds(2)), answer.status == 200 {
                return
            }
            try #require(process.isRunning, "\(program) ended at once")
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("\(program) was not ready within a minute")
    }

    deinit {
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    public static func alertmanager() async throws -> MonitoringProgram {
        try await MonitoringProgram("prometheus-alertmanager") { folder, port in
            let file = "\(folder)/alertmanager.yml"
            try Data("{route: {receiver: none}, receivers: [{name: none}]}".utf8).write(to: URL(filePath: file))
            return [
                "--config.file=\(file)", "--storage.path=\(folder)/data", "--cluster.listen-address=",
                "--web.listen-address=127.0.0.1:\(port)",
            ]
        }
    }

    /// - Parameters:
    ///   - rules: the rules file's text.
    ///   - target: host and port that it scrapes at /metrics; nobody listens at the one that is usual.
    ///   - credentials: a file with the token that the target asks for.
    public static func prometheus(
        rules: String, target: String = "127.0.0.1:1", credentials: String? = nil
    ) async throws -> MonitoringProgram {
        try await MonitoringProgram("prometheus") { folder, port in
            try Data(rules.utf8).write(to: URL(filePath: "\(folder)/rules.yml"))
            let authorization = credentials.map { ", authorization: {credentials_file: \"\($0)\"}" } ?? ""
            let settings = """
                global: {scrape_interval: 500ms, evaluation_interval: 200ms}
                rule_files: ["\(folder)/rules.yml"]
                scrape_configs: [{job_name: trial\(authorization), static_configs: [{targets: ["\(target)"]}]}]
                """
            try Data(settings.utf8).write(to: URL(filePath: "\(folder)/prometheus.yml"))
            return [
                "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/data",
                "--web.listen-address=127.0.0.1:\(port)",
            ]
        }
    }
}
