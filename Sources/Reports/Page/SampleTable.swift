import Events

/// The values that each metric took in a run, in order of time.
struct SampleTable {
    private var columns: [[Series.Point]] = []
    /// The column of each metric that is wanted; nil for the others.
    private var places: [String: Int?] = [:]

    /// - Parameter wanted: whether a metric is to be kept.
    init(_ events: [RunEvent], wanted: (String) -> Bool) {
        for event in events {
            guard case .sample(let sample) = event.kind else { continue }
            for (name, value) in sample.values where value.isFinite {
                let place: Int?
                if let known = places[name] {
                    place = known
                } else {
                    place = wanted(name) ? columns.count : nil
                    places[name] = .some(place)
                    if place != nil { columns.append([]) }
                }
                if let place { columns[place].append(Series.Point(time: event.time, value: value)) }
            }
        }
    }

    /// Names of the metrics that have values.
    var names: [String] { places.compactMap { name, place in place == nil ? nil : name }.sorted() }

    /// The values of a metric, empty when it has none.
    subscript(name: String) -> [Series.Point] {
        guard let place = places[name] ?? nil else { return [] }
        return columns[place]
    }
}
