import Testing

/// Faults that are tried in one run on one victim: most of the time of a run is its beginning and its end.
struct FaultGroup: CustomTestStringConvertible, Sendable {
    let cases: [FaultCase]

    var testDescription: String { cases.map(\.fault).joined(separator: ", ") }

    /// What all of them need of the machine and the victim.
    var needs: FaultCase { cases[0] }

    /// Gives the machine and the victim what they need.
    func prepare(_ victim: Victim) throws {
        try needs.prepare(victim)
        for one in cases.dropFirst() { try one.prepareAlso(victim) }
    }

    /// Those that need the same victim and leave it as it was, one after the other.
    static let sequences = grouped(FaultCase.chosen, most: 8) { one in
        guard !one.isDeadly, !one.isInstant, one.need == nil else { return nil }
        switch one.companion {
        case nil: return "plain"
        case .threaded, .writing, .reading, .listening, .isolated, .chatting, .asking:
            return one.companion.map { "\($0)" }
        case .forking, .unprivileged, .isolatedListening: return nil
        }
    }

    /// Those that keep out of each other's way, all at once.
    static let sets = grouped(FaultCase.chosen.filter { !$0.isInstant }, most: 12) { $0.beside.map { "\($0)" } }

    private static func grouped(
        _ cases: [FaultCase], most: Int, _ name: (FaultCase) -> String?
    ) -> [FaultGroup] {
        var groups: [FaultGroup] = []
        var open: [String: Int] = [:]
        for one in cases {
            guard let name = name(one) else {
                groups.append(FaultGroup(cases: [one]))
                continue
            }
            if let index = open[name], groups[index].cases.count < most {
                groups[index] = FaultGroup(cases: groups[index].cases + [one])
            } else {
                open[name] = groups.count
                groups.append(FaultGroup(cases: [one]))
            }
        }
        return groups
    }
}
