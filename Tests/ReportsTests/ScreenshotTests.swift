import Events
import Foundation
import Testing

@testable import Reports

/// Shows the page in a browser. Set `BRINK_KEEP_SCREENSHOTS` to a folder to look at the pictures.
@Suite(
    "The page in a browser", .serialized,
    .enabled(if: ExternalProgram("chromium") != nil, "needs chromium: apt-get install chromium"))
struct ScreenshotTests {
    @Test("It is not blank", arguments: [true, false])
    func notBlank(_ isDark: Bool) throws {
        let chromium = try #require(ExternalProgram("chromium"))
        let folder = try TemporaryFolder()
        try ReportWriter().write(SyntheticRun().events, to: folder.path)
        let picture = folder.file("page.png")
        _ = try chromium.run(
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,2400",
                "--user-data-dir=\(folder.file("profile"))", "--screenshot=\(picture)",
            ] + (isDark ? ["--blink-settings=preferredColorScheme=0"] : []) + ["file://\(folder.file("report.html"))"])
        let data = try Data(contentsOf: URL(fileURLWithPath: picture))
        // A picture of one colour is compressed to a few kilobytes.
        #expect(data.count > 100_000)
        if let kept = ProcessInfo.processInfo.environment["BRINK_KEEP_SCREENSHOTS"] {
            try data.write(to: URL(fileURLWithPath: "\(kept)/report-\(isDark ? "dark" : "light").png"))
        }
    }
}
