/// One line of a chart.
struct Series: Hashable {
    struct Point: Hashable {
        /// Seconds from the run's start.
        var time: Double
        var value: Double
    }

    let name: String
    /// Number of its colour, from 1.
    let color: Int
    let points: [Point]
}
