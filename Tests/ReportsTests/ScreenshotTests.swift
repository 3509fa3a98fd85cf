import Events
import Foundation
import Testing

@testable import Reports

/// Shows the pages in a browser and keeps the pictures in `screenshots` beside the built programs. With
/// `BRINK_KEEP_SCREENSHOTS`, a folder, they are kept there, and each page is shown in every way.
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

    private static let wanted = ProcessInfo.processInfo.environment["BRINK_KEEP_SCREENSHOTS"]
    private static let kept =
        wanted ?? (ProcessInfo.processInfo.environment["BRINK_BIN"] ?? Bundle.main.bundlePath) + "/screenshots"

    /// A browser takes seconds to start, so each page is looked at once or twice unless the pictures are wanted.
    static let views: [View] =
        wanted == nil
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
        let kept = URL(fileURLWithPath: ScreenshotTests.kept)
        try FileManager.default.createDirectory(at: kept, withIntermediateDirectories: true)
        try data.write(to: kept.appending(path: "\(view.testDescription).png"))
    }

    /// By somebody who reads with a screen reader, has only a keyboard, sees little contrast, or holds a phone.
    @Test("They can be used", arguments: ["run", "suite", "trend", "comparison"], [false, true])
    func usable(_ page: String, isDark: Bool) throws {
        let chromium = try #require(ExternalProgram("chromium"))
        let folder = try TemporaryFolder()
        let audit = PageAudit(chromium: chromium, width: isDark ? 1280 : 390, isDark: isDark)
        let findings = try audit.look(at: try write(page, to: folder), in: folder)
        #expect(findings.found == [])
        #expect(findings.texts > 50 && findings.width == audit.width && findings.isDark == isDark, "\(findings)")
    }

    @Test("A page that cannot be used is found out")
    func unusable() throws {
        let chromium = try #require(ExternalProgram("chromium"))
        let folder = try TemporaryFolder()
        let page = folder.file("bad.html")
        try """
        <!doctype html><html><head></head><body style="background: #fff"><h1>One</h1><h1>Two</h1><h3>Three</h3>
        <p style="color: #ccc">faint</p><p id="a">wide</p><p id="a" style="width: 600px">wide</p>
        <button></button><a href="#" tabindex="3">link</a><svg width="9" height="9"></svg>
        <table><tr><td>1</td></tr></table>
        <figure><svg role="img" aria-label="chart" width="9" height="9"></svg></figure>
        </body></html>
        """.write(toFile: page, atomically: true, encoding: .utf8)
        let found = try PageAudit(chromium: chromium).look(at: page, in: folder).found
        for what in [
            "no language", "no title", "not one h1", "no main", "a level of headings is left out",
            "wider than the window", "no name", "out of the order of the page", "a drawing without a name",
            "a table without headers", "a chart without its data as a table", "an id twice: a", "contrast 1.6",
        ] {
            #expect(found.contains { $0.hasPrefix(what) }, "\(what): \(found)")
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
