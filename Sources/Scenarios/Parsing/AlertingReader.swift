import Yams

/// Reads the section `alerts` of a scenario.
struct AlertingReader {
    let reader: DocumentReader

    static let keys = ["builtIn", "rules", "prometheus"]
    /// What a rule may look at; one of them.
    private static let kinds = ["if", "rise", "burn", "change"]
    private static let stretch = Duration.milliseconds(100)...(.seconds(3600))

    func read(_ node: Node) -> Alerting? {
        guard let entries = reader.mapping(node, "alerts", keys: AlertingReader.keys, required: []) else { return nil }
        var seen: Set<String> = ["any"]
        let rules = (entries["rules"].map { reader.list($0, "rules") } ?? []).compactMap { item -> AlertRule? in
            guard let rule = rule(item) else { return nil }
            if !seen.insert(rule.id).inserted { reader.report("two rules are called \(rule.id)", at: item) }
            return rule
        }
        return Alerting(
            usesBuiltIn: entries.flag("builtIn", default: true), rules: rules,
            prometheus: entries["prometheus"].flatMap(prometheus))
    }

    private func rule(_ node: Node) -> AlertRule? {
        guard
            let entries = reader.mapping(
                node, "a rule", keys: ["id", "for", "keepFiring"] + AlertingReader.kinds, required: ["id"]),
            let id = entries["id"].flatMap({ reader.identifier($0, "id") })
        else { return nil }
        let given = AlertingReader.kinds.filter { entries[$0] != nil }
        guard given.count == 1, let kind = given.first, let what = entries[kind] else {
            reader.report("a rule has one of \(AlertingReader.kinds.joined(separator: ", "))", at: node)
            return nil
        }
        var sustained = entries.duration("for", within: .zero...(.seconds(3600)), default: .zero)
        let read: AlertRule.Kind?
        switch kind {
        case "if":
            guard let condition = reader.condition(what, "if") else { return nil }
            if condition.sustained > sustained { sustained = condition.sustained }
            read = .threshold(condition)
        case "rise": read = rise(what)
        case "burn": read = burn(what)
        default: read = change(what)
        }
        let kept = entries.duration("keepFiring", within: .zero...(.seconds(3600)), default: .zero)
        return read.map { AlertRule(id, $0, sustained: sustained, keptFiring: kept) }
    }

    private func rise(_ node: Node) -> AlertRule.Kind? {
        guard
            let entries = reader.mapping(
                node, "rise", keys: ["metric", "over", "perSecond"], required: ["metric", "perSecond"]),
            let metric = entries.text("metric"), let least = number(entries, "perSecond")
        else { return nil }
        return .rise(
            metric: metric, over: entries.duration("over", within: AlertingReader.stretch, default: .seconds(5)),
            perSecond: least)
    }

    private func burn(_ node: Node) -> AlertRule.Kind? {
        guard
            let entries = reader.mapping(
                node, "burn", keys: ["metric", "objective", "factor", "long", "short"], required: ["objective"]),
            let objective = number(entries, "objective")
        else { return nil }
        guard objective > 0, objective < 1 else {
            reader.report("objective is a share between 0% and 100%, such as 99%", at: entries["objective"] ?? node)
            return nil
        }
        let long = entries.duration("long", within: AlertingReader.stretch, default: .seconds(10))
        let short = entries.duration("short", within: AlertingReader.stretch, default: .seconds(1))
        if short >= long { reader.report("short must be shorter than long", at: node) }
        return .burn(
            AlertRule.BurnRate(
                metric: entries.text("metric") ?? "errors.rate", objective: objective,
                factor: number(entries, "factor") ?? 10, long: long, short: short))
    }

    private func change(_ node: Node) -> AlertRule.Kind? {
        guard
            let entries = reader.mapping(
                node, "change", keys: ["metric", "direction", "floor", "share"], required: ["metric"]),
            let metric = entries.text("metric")
        else { return nil }
        let word = entries.text("direction") ?? "up"
        guard let direction = AlertRule.ChangePoint.Direction(rawValue: word) else {
            reader.report("direction is up or down, not \(word)", at: entries["direction"] ?? node)
            return nil
        }
        let floor = number(entries, "floor")
        let share = number(entries, "share")
        guard floor != nil || share != nil else {
            reader.report("change needs the least that matters: floor, share or both", at: node)
            return nil
        }
        return .change(
            AlertRule.ChangePoint(metric: metric, direction: direction, floor: floor ?? 0, share: share ?? 0))
    }

    /// A number in whatever unit a metric has: 20ms, 5%, 1MiB, 3.
    private func number(_ entries: Entries, _ key: String) -> Double? {
        guard let node = entries[key] else { return nil }
        guard let value = node.string.flatMap({ Quantity($0) })?.baseValue, value >= 0 else {
            reader.report("\(key) must be a number with the metric's unit, such as 3, 5%, 20ms or 1MiB", at: node)
            return nil
        }
        return value
    }

    private func prometheus(_ node: Node) -> Alerting.Prometheus? {
        guard
            let entries = reader.mapping(node, "prometheus", keys: ["url", "every", "alerts"], required: ["url"]),
            let url = entries.text("url")
        else { return nil }
        guard url.hasPrefix("http://"), !url.contains("@") else {
            reader.report("url must begin with http:// and have no password in it", at: entries["url"] ?? node)
            return nil
        }
        return Alerting.Prometheus(
            url: url.hasSuffix("/") ? String(url.dropLast()) : url,
            every: entries.duration("every", within: .milliseconds(100)...(.seconds(60)), default: .seconds(1)),
            alerts: entries.texts("alerts"))
    }
}
