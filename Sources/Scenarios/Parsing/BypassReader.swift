import Spelling
import Yams

/// Reads the section `bypass` of a scenario.
struct BypassReader {
    let reader: DocumentReader

    static let keys = ["service", "issuer", "rate", "flaws", "grace"]

    func read(_ node: Node, targets: [Target], services: [Service]) -> Bypass? {
        guard
            let entries = reader.mapping(node, "bypass", keys: BypassReader.keys, required: ["service"]),
            let place = entries["service"], let id = entries.text("service")
        else { return nil }
        guard let service = services.first(where: { $0.id == id }) else {
            reader.report(
                "no service is called \"\(id)\"\(Spelling.suggestion(for: id, among: services.map(\.id)))", at: place)
            return nil
        }
        guard case .bookshop(let bookshop) = service.kind, bookshop.authentication else {
            reader.report("bypass needs a bookshop that checks tokens; \(id) is none", at: place)
            return nil
        }
        let own = bookshop.issuer.flatMap { Scenario.issuer(behind: $0, services: services, targets: targets) }
        if let node = entries["issuer"], let issuer = entries.text("issuer"), issuer != own {
            let whose = own.map { "\(id) trusts \($0)" } ?? "\(id) has an issuer of its own: leave it out"
            reader.report("\"\(issuer)\" is not the issuer of \(id): \(whose)", at: node)
        }
        return Bypass(
            service: id, issuer: own, rate: rate(entries), flaws: flaws(entries),
            grace: entries.duration("grace", within: .seconds(6)...(.seconds(3600)), default: .seconds(10)))
    }

    private func rate(_ entries: Entries) -> Double {
        guard let node = entries["rate"] else { return 5 }
        guard case .rate(let value)? = node.string.flatMap({ Quantity($0) }), value > 0, value <= 1000 else {
            reader.report("rate must be attempts per second such as 5/s, at most 1000/s", at: node)
            return 5
        }
        return value
    }

    private func flaws(_ entries: Entries) -> [String] {
        guard let node = entries["flaws"], node.string != "all" else { return Bypass.flaws }
        let items = reader.list(node, "flaws")
        if case .sequence = node, items.isEmpty { reader.report("flaws must name at least one, or be: all", at: node) }
        return items.compactMap { item in
            guard let name = item.string, Bypass.flaws.contains(name) else {
                let hint = Spelling.suggestion(for: item.string ?? "", among: Bypass.flaws)
                reader.report(
                    "flaws has no \"\(item.string ?? "")\"\(hint); known are \(Bypass.flaws.joined(separator: ", "))",
                    at: item)
                return nil
            }
            return name
        }
    }
}
