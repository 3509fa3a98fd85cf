import Foundation

/// Where a suite's page finds the runs that it tells of.
///
/// A suite's folder may be moved or copied, so a run is looked for below it, whatever path it had when it was made.
struct SuiteFolder {
    let path: String

    /// The run of an attempt as a path below the suite's folder; nil when there is none.
    func place(of attempt: SuiteCase.Attempt) -> String? {
        guard let folder = attempt.folder else { return nil }
        let below = folder.split(separator: "/").suffix(2).joined(separator: "/")
        let candidates = [folder.hasPrefix("\(path)/") ? String(folder.dropFirst(path.count + 1)) : below, below]
        return candidates.first { FileManager.default.fileExists(atPath: "\(path)/\($0)") }
    }

    /// The result of an attempt's run; nil when it has none.
    func result(of attempt: SuiteCase.Attempt) -> RunResult? {
        place(of: attempt).flatMap { SuiteWriter.result(in: "\(path)/\($0)") }
    }

    /// A link from the suite's page to the page of an attempt's run; nil when there is none.
    func link(to attempt: SuiteCase.Attempt) -> String? {
        guard let place = place(of: attempt),
            FileManager.default.fileExists(atPath: "\(path)/\(place)/\(ReportWriter.pageFile)")
        else { return nil }
        return SuiteFolder.link("\(place)/\(ReportWriter.pageFile)")
    }

    /// A path as a relative link: no part of it can be taken for a scheme, a query or a place on a page.
    static func link(_ path: String) -> String {
        let plain = CharacterSet(charactersIn: "/-._~").union(.init(charactersIn: "0"..."9"))
            .union(.init(charactersIn: "a"..."z")).union(.init(charactersIn: "A"..."Z"))
        return "./" + (path.addingPercentEncoding(withAllowedCharacters: plain) ?? "")
    }
}
