/// The arguments after a stressor's name: `--name value` pairs, all of them read, or the command is refused.
struct StressorOptions {
    private var values: [String: String] = [:]

    init?(_ arguments: some Sequence<String>) {
        var iterator = arguments.makeIterator()
        while let name = iterator.next() {
            guard name.hasPrefix("--"), let value = iterator.next() else { return nil }
            values[String(name.dropFirst(2))] = value
        }
    }

    /// Takes a number out; nil when it is not there or none.
    mutating func number(_ name: String) -> Int? {
        values.removeValue(forKey: name).flatMap { Int($0) }
    }

    /// Takes a time in milliseconds out.
    mutating func milliseconds(_ name: String) -> Duration? {
        number(name).map { .milliseconds($0) }
    }

    mutating func decimal(_ name: String) -> Double? {
        values.removeValue(forKey: name).flatMap { Double($0) }
    }

    mutating func text(_ name: String) -> String? {
        values.removeValue(forKey: name)
    }

    /// Whether something was given that nobody asked for.
    var hasLeftovers: Bool { !values.isEmpty }
}
