/// Ranks from 1, where equal values share the mean of theirs.
struct MidRanks {
    /// In the order of the values given.
    let values: [Double]
    /// How many values each group of equal ones has.
    let ties: [Int]

    init(of sample: [Double]) {
        let order = sample.indices.sorted { sample[$0] < sample[$1] }
        var ranks = [Double](repeating: 0, count: sample.count)
        var groups: [Int] = []
        var first = 0
        while first < order.count {
            var end = first + 1
            while end < order.count, sample[order[end]] == sample[order[first]] { end += 1 }
            for place in first..<end { ranks[order[place]] = Double(first + end + 1) / 2 }
            if end - first > 1 { groups.append(end - first) }
            first = end
        }
        values = ranks
        ties = groups
    }
}
