/// Every attribute of one toxic, checked.
public struct ToxicAttributes: Hashable, Sendable {
    public private(set) var values: [String: AttributeValue]

    /// Puts given values over the defaults, or over those of a toxic that is changed. Names that the type does not have
    /// are left out, as toxiproxy does.
    /// - Throws: when a value is of another form or outside its range.
    public init(
        of kind: any ToxicKind.Type, over former: ToxicAttributes? = nil, given: [String: AttributeValue]
    ) throws(ProxyFailure) {
        values = [:]
        for attribute in kind.attributes {
            let value = given[attribute.name] ?? former?.values[attribute.name] ?? attribute.initial
            try ToxicAttributes.check(value, attribute)
            values[attribute.name] = value
        }
    }

    private static func check(_ value: AttributeValue, _ attribute: ToxicAttribute) throws(ProxyFailure) {
        let name = attribute.name
        switch (attribute.form, value) {
        case (.number(let range), .number(let number)):
            guard range.contains(number) else {
                throw ProxyFailure("\(name) must be from \(range.lowerBound) to \(range.upperBound), not \(number)")
            }
        case (.number(let range), .ramp(let ramp)):
            guard range.contains(ramp.from), range.contains(ramp.to), ramp.over >= 0, ramp.over <= 86_400_000 else {
                throw ProxyFailure(
                    "\(name): from and to must be from \(range.lowerBound) to \(range.upperBound), over at most a day")
            }
        case (.whole(let range), .number(let number)):
            guard let whole = Int64(exactly: number), range.contains(whole) else {
                throw ProxyFailure(
                    "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), not \(number)")
            }
        case (.flag, .flag): break
        case (.choice(let choices), .text(let text)):
            guard choices.contains(text) else {
                throw ProxyFailure("\(name) must be one of \(choices.joined(separator: ", ")), not \(text)")
            }
        case (.text, .text(let text)):
            guard text.utf8.count <= 10_000 else { throw ProxyFailure("\(name) must be 10,000 bytes at most") }
        case (.text, _): throw ProxyFailure("\(name) must be a text")
        case (.number, _): throw ProxyFailure("\(name) must be a number or {\"from\", \"to\", \"over\"}")
        case (.whole, _): throw ProxyFailure("\(name) must be a whole number")
        case (.flag, _): throw ProxyFailure("\(name) must be true or false")
        case (.choice(let choices), _): throw ProxyFailure("\(name) must be one of \(choices.joined(separator: ", "))")
        }
    }

    /// The attribute as a function of time.
    func level(_ name: String) -> Level {
        switch values[name] {
        case .number(let number): Level(ramp: Ramp(from: number, to: number, over: 0))
        case .ramp(let ramp): Level(ramp: ramp)
        case .flag, .text, nil: Level(ramp: Ramp(from: 0, to: 0, over: 0))
        }
    }

    func whole(_ name: String) -> Int64 {
        if case .number(let number) = values[name] { Int64(exactly: number) ?? 0 } else { 0 }
    }

    func flag(_ name: String) -> Bool { values[name] == .flag(true) }

    func text(_ name: String) -> String {
        if case .text(let text) = values[name] { text } else { "" }
    }
}

/// A number over time.
struct Level: Hashable, Sendable {
    let ramp: Ramp

    func value(at now: Moment, since start: Moment) -> Double { ramp.value(after: now - start) }

    /// Of a number of milliseconds.
    func nanoseconds(at now: Moment, since start: Moment) -> Int64 {
        Int64(value(at: now, since: start) * 1_000_000)
    }

    /// The largest it ever is.
    var most: Double { max(ramp.from, ramp.to) }
}
