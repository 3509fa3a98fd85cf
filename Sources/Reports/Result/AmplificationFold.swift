import Events

/// Counts, over the samples of a phase, the transactions that reached each PostgreSQL for a request of the load.
struct AmplificationFold {
    private var sums: [String: (transactions: Double, requests: Double)] = [:]

    private static let suffix = ".transactions.perSecond"

    mutating func take(_ sample: Sample) {
        guard let requests = sample.values["arrivals"], requests.isFinite else { return }
        for (name, value) in sample.values where name.hasSuffix(AmplificationFold.suffix) && value.isFinite {
            // A server that is away counts nothing, and what is sent meanwhile is left out as well.
            var sum = sums[String(name.dropLast(AmplificationFold.suffix.count)), default: (0, 0)]
            sum.transactions += value
            sum.requests += requests
            sums[String(name.dropLast(AmplificationFold.suffix.count))] = sum
        }
    }

    /// By target; nil where nothing was counted.
    var perRequest: [String: Double]? {
        let ratios = sums.filter { $0.value.requests > 0 }.mapValues { $0.transactions / $0.requests }
        return ratios.isEmpty ? nil : ratios
    }
}
