import Events

/// Counts the transactions that reached each PostgreSQL in a phase, for each request that the load sent meanwhile.
struct AmplificationFold {
    private struct Course {
        var last: (time: Double, counted: Double)
        var seconds = 0.0
        var transactions = 0.0
        var requests = 0.0
    }

    private var courses: [String: Course] = [:]

    private static let suffix = ".transactions.counted"
    /// The server adds a session's own to its total once a second at most ("The Cumulative Statistics System"): over less
    /// time than this the figure would mostly be of the phase before.
    private static let shortest = 4.0
    /// A server that is away counts nothing, and what is sent meanwhile is left out as well.
    private static let longestGap = 1.0

    mutating func take(_ sample: Sample, at time: Double) {
        for (name, counted) in sample.values where name.hasSuffix(AmplificationFold.suffix) && counted.isFinite {
            let target = String(name.dropLast(AmplificationFold.suffix.count))
            guard var course = courses[target] else {
                courses[target] = Course(last: (time, counted))
                continue
            }
            let seconds = time - course.last.time
            // A server that has crashed counts from zero.
            if seconds <= AmplificationFold.longestGap, counted >= course.last.counted,
                let arrivals = sample.values["arrivals"], arrivals.isFinite
            {
                course.seconds += seconds
                course.transactions += counted - course.last.counted
                course.requests += arrivals * seconds
            }
            course.last = (time, counted)
            courses[target] = course
        }
    }

    /// By target; nil where nothing was counted for long enough.
    var perRequest: [String: Double]? {
        let told = courses.filter { $0.value.seconds >= AmplificationFold.shortest && $0.value.requests >= 1 }
        return told.isEmpty ? nil : told.mapValues { $0.transactions / $0.requests }
    }
}
