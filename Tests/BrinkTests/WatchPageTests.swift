import Foundation
import LinuxSystem
import PlainHTTP
import Testing

/// The live page in a real browser: what it draws of a run that is shown again, and what it says afterwards.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/chromium"), "apt-get install chromium"))
struct WatchPageTests {
    @Test func aRunIsDrawn() async throws {
        let brink = try BrinkProgram()
        let folder = try WatchedRun.write(in: brink)
        let report = try brink.run(["report", folder])
        #expect(report.code == 0, "\(report.all)")
        let watch = try brink.start(["watch", folder, "--web", "--stay", "--replay", "1000"])
        let url = try #require(try await WatchedRun.address(of: brink))
        // It goes on serving when the run is over, for who comes late.
        let page = try dump(url, in: brink.folder)
        for part in [
            "<h1 id=\"title\">shop</h1>", "class=\"lane\"", "well after 3.5 s", "<polyline points=\"0.0,",
            "aria-label=\"errors.rate, now 100.0 %, at most 100.0 %\"", "fail: expectation failed: answers",
            "<button id=\"halt\" type=\"button\" disabled", "<td>answers</td><td>fail</td><td>errors.rate &lt; 5%</td>",
            "<td>kill</td><td>6.0 s</td><td>3.5 s</td>",
        ] { #expect(page.contains(part), "\(part) is not in \(page.suffix(4000))") }
        let client = PlainHTTPClient()
        let whole = try await client.send(
            .GET, url.replacing("/?token", with: "/report?token"), within: .seconds(10))
        #expect(whole.status == 200 && String(buffer: whole.body).contains("<title>"))
        let guess = try await client.send(
            .GET, url.replacing("/?token", with: "/report?guess"), within: .seconds(10))
        #expect(guess.status == 403)
        try watch.send(.terminate)
        let hasEnded = watch.hasEnded(within: 10_000)
        #expect(hasEnded)
        _ = try watch.reap()
    }

    /// What a browser has made of a page a few seconds after it was asked for.
    private func dump(_ url: String, in folder: String) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/chromium")
        process.arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(folder)/profile",
            "--virtual-time-budget=5000", "--dump-dom", url,
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
