/// A curve in one line of text.
public struct Sparkline: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    private static let levels: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// - Parameters:
    ///   - values: the latest last; nil where nothing was measured.
    ///   - width: in characters; older values are merged by their largest, so that no peak is lost.
    ///   - least: the top of the scale is at least this, so that noise around nothing stays low.
    public init(_ values: [Double?], width: Int, least: Double = 0) {
        guard width > 0, !values.isEmpty else {
            description = ""
            return
        }
        let shown = Sparkline.merge(values, into: width)
        let top = max(least, shown.compactMap { $0 }.max() ?? 0)
        description = String(
            shown.map { value in
                guard let value else { return Character(" ") }
                guard top > 0 else { return Sparkline.levels[0] }
                let level = Int((max(0, value) / top * 7).rounded())
                return Sparkline.levels[min(7, level)]
            })
    }

    private static func merge(_ values: [Double?], into width: Int) -> [Double?] {
        guard values.count > width else { return values }
        let size = (values.count + width - 1) / width
        // From the end, so that the latest cell is full or filling, and older ones do not change.
        var cells: [Double?] = []
        var end = values.count
        while end > 0, cells.count < width {
            let start = max(0, end - size)
            cells.append(values[start..<end].compactMap { $0 }.max())
            end = start
        }
        return cells.reversed()
    }
}
