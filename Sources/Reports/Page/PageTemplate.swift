import Mustache

/// The templates of all pages. They share a head, with the style, and a header.
enum PageTemplate: String, CaseIterable {
    /// One run.
    case report
    /// All runs of a suite.
    case suite
    /// Runs over time.
    case trend
    /// Two runs side by side.
    case comparison

    /// - Throws: an error of Mustache when a template is broken.
    func render(_ content: some Any) throws -> String {
        MustacheContentTypes.register(PageEscaping(), named: PageEscaping.name)
        var library = MustacheLibrary()
        for (name, text) in PageTemplate.parts { try library.register(PageTemplate.string(text), named: name) }
        try library.register(PageTemplate.string(text), named: rawValue)
        return library.render(content, withTemplate: rawValue) ?? ""
    }

    /// What every page's head holds.
    static var style: String { string(PackageResources.report_css) }

    private static let parts = [
        "chart": PackageResources.chart_mustache, "head": PackageResources.head_mustache,
        "header": PackageResources.header_mustache,
    ]

    private var text: [UInt8] {
        switch self {
        case .report: PackageResources.report_mustache
        case .suite: PackageResources.suite_mustache
        case .trend: PackageResources.trend_mustache
        case .comparison: PackageResources.comparison_mustache
        }
    }

    private static func string(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
