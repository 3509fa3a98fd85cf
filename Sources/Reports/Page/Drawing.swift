/// An SVG drawing on the time axis, 1000 wide and 100 high, stretched to the place it gets.
///
/// Lines keep their width when stretched (`vector-effect` in the style sheet). Holds no text but title and
/// description, which would be stretched too.
struct Drawing {
    private let id: String
    private let title: String
    private let explanation: String
    private var elements: [String] = []

    /// - Parameters:
    ///   - id: unique on the page.
    ///   - explanation: what a person sees in it, for those who do not.
    init(id: String, title: String, explanation: String) {
        self.id = id
        self.title = title
        self.explanation = explanation
    }

    var svg: String {
        """
        <svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" \
        aria-labelledby="\(id)-title \(id)-desc">\
        <title id="\(id)-title">\(MarkupText(title))</title><desc id="\(id)-desc">\(MarkupText(explanation))</desc>\
        \(elements.joined())</svg>
        """
    }

    /// A filled area; `top` and `height` from 0 to 100.
    mutating func area(
        from start: Double, to end: Double, top: Double = 0, height: Double = 100, style: String, title: String? = nil
    ) {
        let label = title.map { "<title>\(MarkupText($0))</title>" } ?? ""
        elements.append(
            """
            <rect class="\(style)" x="\(Drawing.number(start))" y="\(Drawing.number(top))" \
            width="\(Drawing.number(max(end - start, 0)))" height="\(Drawing.number(height))">\(label)</rect>
            """)
    }

    mutating func verticalLine(at x: Double, top: Double = 0, bottom: Double = 100, style: String) {
        path("M\(Drawing.number(x)) \(Drawing.number(top))V\(Drawing.number(bottom))", style: style)
    }

    mutating func horizontalLine(at y: Double, style: String) {
        path("M0 \(Drawing.number(y))H1000", style: style)
    }

    /// A dot that stays round however the drawing is stretched: a line without length and with round ends.
    mutating func dot(x: Double, y: Double, style: String) {
        path("M\(Drawing.number(x)) \(Drawing.number(y))h0", style: style)
    }

    /// A line along values, broken where nothing was measured for a while.
    mutating func line(_ points: [Series.Point], axis: TimeAxis, scale: ValueScale, style: String) {
        guard !points.isEmpty else { return }
        let gap = Drawing.gap(in: points, axis)
        var text = ""
        var last: Double?
        var isLone = false
        for point in points {
            let place = "\(Drawing.number(axis.x(point.time))) \(Drawing.number(100 - scale.place(point.value) * 100))"
            if let last, point.time - last <= gap {
                text += "L\(place)"
                isLone = false
            } else {
                if isLone { text += "h0" }
                text += "M\(place)"
                isLone = true
            }
            last = point.time
        }
        if isLone { text += "h0" }
        path(text, style: style)
    }

    /// A line through places of the drawing.
    mutating func line(through places: [(x: Double, y: Double)], style: String) {
        guard let first = places.first else { return }
        let rest = places.dropFirst().map { "L\(Drawing.number($0.x)) \(Drawing.number($0.y))" }.joined()
        path("M\(Drawing.number(first.x)) \(Drawing.number(first.y))\(rest)", style: style)
    }

    private mutating func path(_ data: String, style: String) {
        elements.append("<path class=\"\(style)\" d=\"\(data)\"/>")
    }

    /// How long a pause breaks a line: far longer than the usual distance of two points.
    private static func gap(in points: [Series.Point], _ axis: TimeAxis) -> Double {
        let distances = zip(points.dropFirst(), points).map { $0.time - $1.time }.sorted()
        let usual = distances.isEmpty ? 0 : distances[distances.count / 2]
        return max(usual * 5, axis.span / 100, 1)
    }

    /// One decimal is a tenth of a pixel.
    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths.isMultiple(of: 10)
            ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }
}
