import Foundation
import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// A program that names faults one by one: pytest with the plugin, and one that breaks off.
    @Suite(.serialized) struct AttachTests {
        private var root: String {
            URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
                .path
        }

        @Test func pytestInjectsAndTakesBack() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let command = BrinkCommand(in: place)
            let python = ProcessInfo.processInfo.environment["BRINK_PYTHON"] ?? "/usr/bin/python3"
            let process = Process()
            process.executableURL = URL(filePath: python)
            process.currentDirectoryURL = URL(filePath: place)
            process.arguments = [
                "-m", "pytest", "-p", "no:cacheprovider", "-p", "pytest_brink.plugin", "--strict-markers", "-rA",
                "--brink-program", "\(BrinkCommand.folder)/brink", "--rootdir", place,
                "\(root)/Tests/PytestBrinkTests/attached",
            ]
            process.environment = command.environment.merging(
                ["PYTHONPATH": "\(root)/Sources/pytest-brink", "PYTHONDONTWRITEBYTECODE": "1", "HOME": place]
            ) { $1 }
            let output = Pipe()
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "\(text.suffix(4000))")
            #expect(text.contains("5 passed"), "\(text.suffix(2000))")
            #expect(text.contains("test_tried_again: failed, passed"), "\(text.suffix(2000))")
            #expect(try command.run(["verify"]).code == 0)
        }

        /// A client that is gone, with a fault in force: its end of the pipe closes, and all is taken back.
        @Test func aClientThatIsGone() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: gone
                services: {app: {command: {path: /bin/sleep, arguments: ["1000"]}}}
                targets: {app: {service: app}}
                faults: []
                """, in: place)
            let command = BrinkCommand(in: place)
            let process = Process()
            process.executableURL = URL(filePath: "\(BrinkCommand.folder)/brink")
            process.arguments = ["attach", "--stdio", path]
            process.environment = command.environment
            process.currentDirectoryURL = URL(filePath: place)
            let (input, output) = (Pipe(), Pipe())
            process.standardInput = input
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            var answers = output.fileHandleForReading.lines()
            let ready = answers.next()
            try #require(ready?.contains("\"ready\"") == true, "\(ready ?? "nothing")")
            let fault = #"{"id": "f", "cpu.max": {"target": "app", "quota": "6400%"}}"#
            input.fileHandleForWriting.write(
                Data("{\"id\": 7, \"do\": \"inject\", \"within\": \"1s\", \"fault\": \(fault)}\n".utf8))
            let injected = answers.next()
            #expect(injected?.contains("\"id\":7") == true, "\(injected ?? "nothing")")
            try input.fileHandleForWriting.close()
            let end = answers.next() ?? "nothing"
            // It was never seen to take effect: 64 processors are more than a sleeper uses.
            #expect(end.contains("\"ended\"") && end.contains("inconclusive"), "\(end)")
            process.waitUntilExit()
            #expect(try command.run(["verify"]).code == 0)
            let history = try command.run(["history"])
            #expect(history.output.contains("attach:gone"), "\(history.all)")
        }
    }
}

extension FileHandle {
    /// Its lines as they come.
    fileprivate func lines() -> some IteratorProtocol<String> {
        var rest = Data()
        return AnyIterator {
            while true {
                if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    defer { rest = Data(rest[(end + 1)...]) }
                    return String(decoding: rest[..<end], as: UTF8.self)
                }
                let more = self.availableData
                if more.isEmpty { return nil }
                rest += more
            }
        }
    }
}
