import Scenarios
import SeededRandom

/// The requests of a profile, drawn by their weights in a scenario's shares of reads and writes.
public struct ProfiledArrivals: ArrivalSource {
    private let reads: [TargetProfile.Request]
    private let writes: [TargetProfile.Request]
    private let share: Double
    private let endpoint: String
    private let keyPrefix: String
    private let transport: ProfiledTransport
    private var generator: SeededGenerator
    private var count = 0

    /// - Parameters:
    ///   - load: its mix `reads` has no writes, and `writes` nothing else; of the others its share of writes counts.
    ///   - keyPrefix: begins every key, so that a run finds its own rows again.
    public init(
        _ requests: TargetProfile.Requests, load: Load, transport: ProfiledTransport, keyPrefix: String, seed: UInt64
    ) {
        reads = requests.kinds.filter { !$0.isWrite }
        writes = requests.kinds.filter(\.isWrite)
        let wanted = load.mix == "reads" ? 0 : load.mix == "writes" ? 1 : load.writes
        share = writes.isEmpty ? 0 : wanted
        endpoint = requests.endpoint
        self.keyPrefix = keyPrefix
        self.transport = transport
        generator = SeededGenerator(seed: seed)
    }

    public mutating func next() -> Arrival {
        count += 1
        let isWrite = Double.random(in: 0..<1, using: &generator) < share
        let kinds = isWrite ? writes : reads
        var rest = Double.random(in: 0..<1, using: &generator) * kinds.map(\.weight).reduce(0, +)
        var chosen = kinds[0]
        for kind in kinds {
            chosen = kind
            rest -= kind.weight
            if rest < 0 { break }
        }
        let request = ProfiledRequest(chosen, endpoint: endpoint, key: "\(keyPrefix)-\(count)", &generator)
        return Arrival(key: request.key) { [transport] in await transport.send(request) }
    }
}
