/// The one time axis that everything on the page shares.
///
/// Drawings are 1000 units wide and stretched to the page's width; texts are placed beside them in percent, so that
/// they keep their size on a phone.
struct TimeAxis: Hashable {
    static let width = 1000.0

    /// A labelled moment.
    struct Tick: Hashable {
        let seconds: Double
        let label: String
        /// Every second tick goes without its label where there is little room.
        let isMinor: Bool
    }

    /// Length in seconds, from the run's start.
    let span: Double
    let ticks: [Tick]

    /// - Parameter duration: in seconds.
    init(duration: Double) {
        let span = duration.isFinite && duration > 0 ? duration : 1
        let steps = [1.0, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 43_200, 86_400]
        let step = steps.first { span / $0 <= 10 } ?? (span / 10).rounded(.up)
        self.span = span
        ticks = (0...Int(span / step)).map { index in
            let seconds = Double(index) * step
            return Tick(
                seconds: seconds, label: TimeAxis.label(seconds, span: span), isMinor: !index.isMultiple(of: 2))
        }
    }

    /// The place of a moment in a drawing, 0 to `width`.
    func x(_ seconds: Double) -> Double {
        min(max(seconds / span, 0), 1) * TimeAxis.width
    }

    /// The place of a moment in percent of the width.
    func percent(_ seconds: Double) -> Double { x(seconds) / TimeAxis.width * 100 }

    private static func label(_ seconds: Double, span: Double) -> String {
        let whole = Int(seconds)
        if span <= 180 { return "\(whole) s" }
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return span <= 3600 * 2
            ? "\(whole / 60):\(padded(whole % 60))" : "\(whole / 3600) h \(padded(whole % 3600 / 60))"
    }
}
