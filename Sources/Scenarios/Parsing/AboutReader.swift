import Spelling
import Yams

/// Reads what a scenario says of itself.
struct AboutReader {
    let reader: DocumentReader

    static let keys = ["domain", "expected", "category", "flakiness", "pass", "needs", "tags", "catches", "alone"]

    func read(_ entries: Entries) -> ScenarioAbout {
        var about = ScenarioAbout()
        about.domain = word(entries, "domain", among: ScenarioAbout.Domain.allCases)
        about.expected = entries.text("expected") ?? ""
        about.category = word(entries, "category", among: ScenarioAbout.Category.allCases) ?? .stable
        about.flakiness = entries["flakiness"].flatMap { flakiness($0, about.category) }
        if about.category != .stable, entries["flakiness"] == nil, let node = entries["category"] {
            reader.report(
                "a scenario that is \(about.category.rawValue) needs flakiness: {rate, reason}: how often it fails on a "
                    + "healthy service, and why", at: node)
        }
        about.pass = entries["pass"].flatMap(pass)
        about.needs = entries["needs"].map(needs) ?? []
        about.tags = tags(entries)
        about.catches = catches(entries)
        about.isAlone = entries.flag("alone", default: false)
        return about
    }

    private func word<Word: RawRepresentable<String>>(
        _ entries: Entries, _ key: String, among words: [Word]
    ) -> Word? {
        guard let node = entries[key] else { return nil }
        if let word = node.string.flatMap(Word.init(rawValue:)) { return word }
        let known = words.map(\.rawValue)
        let hint = Spelling.suggestion(for: node.string ?? "", among: known)
        reader.report("\(key) must be one of \(known.joined(separator: ", "))\(hint)", at: node)
        return nil
    }

    private func flakiness(_ node: Node, _ category: ScenarioAbout.Category) -> ScenarioAbout.Flakiness? {
        guard
            let entries = reader.mapping(node, "flakiness", keys: ["rate", "reason"], required: ["rate", "reason"]),
            let place = entries["rate"]
        else { return nil }
        guard case .fraction(let rate)? = place.string.flatMap({ Quantity($0) }), category.rates.contains(rate) else {
            let (least, most) = (category.rates.lowerBound, category.rates.upperBound)
            reader.report(
                "rate must be a share of runs from \(Int(least * 100))% to \(Int(most * 100))%: that is what "
                    + "\(category.rawValue) means", at: place)
            return nil
        }
        return ScenarioAbout.Flakiness(rate: rate, reason: entries.text("reason") ?? "")
    }

    private func pass(_ node: Node) -> PassRule? {
        if let rule = node.string.flatMap(PassRule.init) { return rule }
        reader.report("pass must be all, any, or so many of so many attempts, such as 2-of-3", at: node)
        return nil
    }

    private func needs(_ node: Node) -> [ScenarioAbout.Need] {
        reader.list(node, "needs").compactMap { item in
            let parts = (item.string ?? "").split(separator: ":", maxSplits: 1).map(String.init)
            guard parts.count == 2, let kind = ScenarioAbout.Need.Kind(rawValue: parts[0]), !parts[1].isEmpty else {
                let kinds = ScenarioAbout.Need.Kind.allCases.map { "\($0.rawValue):NAME" }
                reader.report("a need must be one of \(kinds.joined(separator: ", "))", at: item)
                return nil
            }
            return ScenarioAbout.Need(kind: kind, name: parts[1])
        }
    }

    private func catches(_ entries: Entries) -> [String] {
        guard let node = entries["catches"] else { return [] }
        return reader.list(node, "catches").compactMap { item in
            let name = item.string ?? ""
            if Weakness.names.contains(name) { return name }
            let hint = Spelling.suggestion(for: name, among: Weakness.names)
            reader.report("bookshop has no weakness \"\(name)\" to catch\(hint)", at: item)
            return nil
        }
    }

    private func tags(_ entries: Entries) -> [String] {
        guard let node = entries["tags"] else { return [] }
        return reader.list(node, "tags").compactMap { reader.identifier($0, "a tag") }
    }
}
