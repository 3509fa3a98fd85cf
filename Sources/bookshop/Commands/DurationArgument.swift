import ArgumentParser

/// A duration on the command line: `250ms`, `2s`, `1.5s`, `1m`, `0s`.
struct DurationArgument: ExpressibleByArgument, Sendable {
    let duration: Duration
    private let text: String

    init?(argument: String) {
        let units: [(suffix: String, milliseconds: Double)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        guard let unit = units.first(where: { argument.hasSuffix($0.suffix) }) else { return nil }
        let number = argument.dropLast(unit.suffix.count)
        // Double's own syntax allows more: "1e3", "nan", "0x1p3", signs.
        guard let first = number.first, first.isNumber, number.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
            let value = Double(number), value * unit.milliseconds <= 24 * 3_600_000
        else { return nil }
        duration = .milliseconds(value * unit.milliseconds)
        text = argument
    }

    var defaultValueDescription: String { text }

    static func milliseconds(_ value: Int) -> DurationArgument {
        DurationArgument(duration: .milliseconds(value), text: value % 1000 == 0 ? "\(value / 1000)s" : "\(value)ms")
    }

    private init(duration: Duration, text: String) {
        self.duration = duration
        self.text = text
    }
}
