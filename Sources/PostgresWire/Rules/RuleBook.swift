import SeededRandom

/// The rules in force on one connection, with their counters.
struct RuleBook: Sendable {
    fileprivate struct Entry {
        let rule: WireRule
        let pattern: TextPattern?
        var progress: Progress
    }

    /// What outlives a change of the rule.
    fileprivate struct Progress {
        var matches = 0
        var hasActed = false
        var generator: SeededGenerator
    }

    private let seed: UInt64
    private var entries: [Entry] = []

    init(rules: [WireRule], seed: UInt64) {
        self.seed = seed
        replace(with: rules)
    }

    mutating func replace(with rules: [WireRule]) {
        let former = entries
        entries = []
        for rule in rules where !entries.contains(where: { $0.rule.name == rule.name }) {
            let progress = former.first { $0.rule.name == rule.name }?.progress
            entries.append(
                Entry(
                    rule: rule, pattern: rule.filter.statementPattern.map { TextPattern($0) },
                    progress: progress ?? Progress(generator: generator(for: rule.name))))
        }
    }

    /// A generator for each rule, so that what one rule draws doesn't depend on the others (FNV-1a of the name).
    private func generator(for name: String) -> SeededGenerator {
        let hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
        return SeededGenerator(seed: seed ^ hash)
    }

    mutating func judge(_ occasion: Occasion) -> Verdict {
        var verdict = Verdict()
        for index in entries.indices where entries[index].acts(on: occasion) {
            let rule = entries[index].rule
            verdict.rules.append(rule.name)
            switch rule.action {
            case .delay(let nanoseconds):
                verdict.delay += nanoseconds
                continue
            case .cut(let reset): verdict.outcome = .cut(reset: reset)
            case .error(let sqlState, let message): verdict.outcome = .fail(sqlState: sqlState, message: message)
            case .swallow: verdict.outcome = .swallow
            }
            break
        }
        return verdict
    }
}

extension RuleBook.Entry {
    fileprivate mutating func acts(on occasion: Occasion) -> Bool {
        guard let event = occasion.events.first(where: { $0.trigger == rule.trigger }),
            rule.filter.accepts(occasion.session, occasion.status), pattern.map(event.isAbout) ?? true
        else { return false }
        // A failed transaction fails on its own, with 25P02, and its way out must not be barred.
        guard occasion.status != .failed || !rule.action.isPassingError else { return false }
        progress.matches += 1
        guard progress.matches.isMultiple(of: rule.every), !(rule.once && progress.hasActed) else { return false }
        // 53 bits are what a Double holds exactly; the draw is below 1.
        guard Double(progress.generator.next() >> 11) * 0x1p-53 < rule.probability else { return false }
        progress.hasActed = true
        return true
    }
}
