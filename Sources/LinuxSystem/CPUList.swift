/// CPUs as the kernel lists them: numbers and ranges, such as 0-3,8 (cpuset(7), "List format").
public struct CPUList: Hashable, Sendable, CustomStringConvertible {
    public let numbers: Set<Int>

    /// - Returns: nil for an empty list, or one with a CPU beyond 8191, the most that Linux can be built for.
    public init?(_ text: String) {
        var numbers: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
                first >= 0, first <= last, last < 8192
            else { return nil }
            numbers.formUnion(first...last)
        }
        guard !numbers.isEmpty else { return nil }
        self.numbers = numbers
    }

    /// In the kernel's own form.
    public var description: String {
        var parts: [String] = []
        var rest = numbers.sorted()[...]
        while let first = rest.popFirst() {
            var last = first
            while rest.first == last + 1 { last = rest.removeFirst() }
            parts.append(first == last ? "\(first)" : "\(first)-\(last)")
        }
        return parts.joined(separator: ",")
    }

    /// A bit for each, in whole words as sched_setaffinity(2) wants them.
    var mask: [UInt64] {
        var words = [UInt64](repeating: 0, count: (numbers.max() ?? 0) / 64 + 1)
        for number in numbers { words[number / 64] |= 1 << UInt64(number % 64) }
        return words
    }
}
