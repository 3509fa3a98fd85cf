/// Values of the last so many seconds.
struct SlidingWindow {
    private let length: Double
    private var points: [(time: Double, value: Double)] = []
    private var first = 0

    init(_ length: Double) {
        self.length = length
    }

    mutating func take(_ value: Double, at time: Double) {
        points.append((time, value))
        while points[first].time < time - length { first += 1 }
        // What has left is given up now and then, so that each value is moved once on the average.
        if first > 64, first * 2 > points.count {
            points.removeFirst(first)
            first = 0
        }
    }

    /// Over what the window should hold: a part that is missing, at a run's beginning, counts as nothing.
    var mean: Double {
        let held = points[first...]
        guard let oldest = held.first, let latest = held.last, held.count > 1 else { return 0 }
        let filled = min(1, (latest.time - oldest.time) * Double(held.count) / Double(held.count - 1) / length)
        return held.reduce(0) { $0 + $1.value } / Double(held.count) * filled
    }

    /// Of the least-squares line, for each second; nil until the window is half full.
    var slope: Double? {
        let held = points[first...]
        guard let oldest = held.first, let latest = held.last, latest.time - oldest.time >= length / 2 else {
            return nil
        }
        let count = Double(held.count)
        let meanTime = held.reduce(0) { $0 + $1.time } / count
        let meanValue = held.reduce(0) { $0 + $1.value } / count
        var above = 0.0
        var below = 0.0
        for point in held {
            above += (point.time - meanTime) * (point.value - meanValue)
            below += (point.time - meanTime) * (point.time - meanTime)
        }
        return below > 0 ? above / below : nil
    }
}
