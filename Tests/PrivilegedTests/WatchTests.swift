import Foundation
import LinuxSystem
import NIOCore
import PlainHTTP
import Testing

extension PrivilegedSuite {
    /// `brink watch` beside a run that is under way.
    @Suite(.serialized) struct WatchTests {
        @Test func aPageHaltsARun() async throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: watched
                services: {app: {command: {path: /bin/sleep, arguments: ["1000"]}}}
                targets: {app: {service: app}}
                phases: {baseline: 1s, run: 120s, recovery: 0s}
                faults: [{id: slow, at: 0s, for: 120s, cpu.weight: {target: app, value: 50}}]
                """, in: place)
            let command = BrinkCommand(in: place)
            let running = try command.start(["run", path])
            while !running.hasEnded, !running.errorsSoFar.contains("injected") {
                try await Task.sleep(for: .milliseconds(50))
            }
            let watching = try command.start(["watch", "--web"])
            while !watching.hasEnded, !watching.errorsSoFar.contains("http://") {
                try await Task.sleep(for: .milliseconds(50))
            }
            let line = try #require(watching.errorsSoFar.split(separator: "\n").first { $0.contains("http://") })
            let url = String(line[try #require(line.range(of: "http://")).lowerBound...])
            let client = PlainHTTPClient()
            // Without the token nobody gets in, and nothing is halted.
            let bare = url.split(separator: "?")[0]
            #expect(try await client.send(.GET, String(bare), within: .seconds(10)).status == 403)
            #expect(try await client.send(.POST, "\(bare)halt?token=guess", within: .seconds(10)).status == 403)
            let page = try await client.send(.GET, url, within: .seconds(10))
            #expect(page.status == 200 && String(buffer: page.body).contains("Halt the run"))
            #expect(!running.hasEnded)
            let answer = try await client.send(
                .POST, url.replacing("/?token", with: "/halt?token"), within: .seconds(10))
            #expect(String(buffer: answer.body).contains("asked to end"), "\(String(buffer: answer.body))")
            #expect(try running.wait().code == 130)
            // It follows the run to its end, and ends with it.
            let shown = try watching.wait(seconds: 30)
            #expect(shown.code == 0 && shown.output.contains("aborted"), "\(shown.all)")
            #expect(try command.run(["verify"]).code == 0)
            let late = try command.run(["watch", "--replay", "1000"])
            #expect(late.code == 0 && late.output.contains("fault slow  injected"))
        }
    }
}
