/// Thins out a series for drawing: each slice of time keeps its lowest and its highest value, so that a spike of a
/// tenth of a second is still seen in an hour.
struct DownSampler {
    let axis: TimeAxis
    /// How many points are left at most.
    let limit: Int

    init(axis: TimeAxis, limit: Int = 400) {
        self.axis = axis
        self.limit = limit
    }

    func thin(_ points: [Series.Point]) -> [Series.Point] {
        guard points.count > limit, limit >= 2 else { return points }
        let slices = Double(limit / 2)
        var result: [Series.Point] = []
        result.reserveCapacity(limit)
        var slice = -1
        var lowest = points[0]
        var highest = points[0]
        for point in points {
            let next = Int(min(max(point.time / axis.span, 0), 0.999_999) * slices)
            if next != slice {
                if slice >= 0 { DownSampler.append(lowest, highest, to: &result) }
                slice = next
                lowest = point
                highest = point
            } else {
                if point.value < lowest.value { lowest = point }
                if point.value > highest.value { highest = point }
            }
        }
        DownSampler.append(lowest, highest, to: &result)
        return result
    }

    private static func append(_ lowest: Series.Point, _ highest: Series.Point, to result: inout [Series.Point]) {
        if lowest.time == highest.time {
            result.append(lowest)
        } else {
            result += lowest.time < highest.time ? [lowest, highest] : [highest, lowest]
        }
    }
}
