/// A small horizontal bar whose parts are shares of a whole. The figures stand beside it, so it says nothing by itself
/// to those who do not see it.
struct ShareBar {
    /// From the left, each with the name of its style.
    let parts: [(size: Double, style: String)]
    let whole: Double

    var svg: String {
        var left = 0.0
        var areas = ""
        for part in parts where part.size > 0 && whole > 0 {
            let width = part.size / whole * 100
            areas +=
                "<rect class=\"\(part.style)\" x=\"\(MetricUnit.trim(left))\" width=\"\(MetricUnit.trim(width))\" "
                + "height=\"10\"/>"
            left += width
        }
        return
            "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\(areas)</svg>"
    }
}
