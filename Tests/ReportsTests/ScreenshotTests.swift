import Events
import Foundation
import Testing

@testable import Reports

/// Shows the pages in a browser. Set `BRINK_KEEP_SCREENSHOTS` to a folder to look at the pictures; then each page is
/// shown in every way.
@Suite(
    "The pages in a browser", .serialized,
    .enabled(if: ExternalProgram("chromium") != nil, "needs chromium: apt-get install chromium"))
struct ScreenshotTests {
    /// A page and how it is looked at.
    struct View: CustomTestStringConvertible {
        let page: String
        let isDark: Bool
        let isPhone: Bool

        var testDescription: String { "\(page)-\(isPhone ? "phone" : "desktop")-\(isDark ? "dark" : "light")" }
    }

    private static let kept = ProcessInfo.processInfo.environment["BRINK_KEEP_SCREENSHOTS"]

    /// A browser takes seconds to start, so each page is looked at once or twice unless the pictures are wanted.
    static let views: [View] =
        kept == nil
        ? [
            View(page: "run", isDark: false, isPhone: false), View(page: "run", isDark: true, isPhone: false),
            View(page: "suite", isDark: false, isPhone: true), View(page: "trend", isDark: true, isPhone: false),
            View(page: "comparison", isDark: true, isPhone: true),
        ]
        : ["run", "suite", "trend", "comparison"].flatMap { page in
            [false, true].flatMap { isDark in
                [false, true].map { View(page: page, isDark: isDark, isPhone: $0) }
            }
        }

    @Test("They are not blank", arguments: views)
    func notBlank(_ view: View) throws {
        let chromium = try #require(ExternalProgram("chromium"))
        let folder = try TemporaryFolder()
        let page = try write(view.page, to: folder)
        let picture = folder.file("page.png")
        let size = view.isPhone ? "390,2400" : "1280,2400"
        _ = try chromium.run(
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=\(size)",
                "--user-data-dir=\(folder.file("profile"))", "--screenshot=\(picture)",
            ] + (view.isDark ? ["--blink-settings=preferredColorScheme=0"] : []) + ["file://\(page)"])
        let data = try Data(contentsOf: URL(fileURLWithPath: picture))
        // A picture of one colour is compressed to a few kilobytes.
        #expect(data.count > 40_000, "\(data.count)")
        if let kept = ScreenshotTests.kept {
            try data.write(to: URL(fileURLWithPath: "\(kept)/\(view.testDescription).png"))
        }
    }

    private func write(_ page: String, to folder: TemporaryFolder) throws -> String {
        let events = SyntheticRun().events
        let path = folder.file("report.html")
        switch page {
        case "suite": try SuitePageTests.varied(in: folder.path)
        case "trend":
            let records = ["cache.down", "pool.small", "database.crashes.kill-postmaster"].flatMap {
                TrendPageTests.records($0, commits: 12)
            }
            try TrendPage(records).write(to: path)
        case "comparison": try ComparisonPage(events, SyntheticRun(length: 75).events).write(to: path)
        default: try ReportWriter().write(events, to: folder.path)
        }
        return path
    }
}
