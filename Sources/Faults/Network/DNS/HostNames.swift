/// Names of hosts, and of all hosts below a name.
struct HostNames: Hashable, Sendable {
    private let exact: Set<String>
    /// With the dot before them.
    private let endings: [String]

    /// - Parameter text: names with commas between; `*.example.org` is every name below example.org.
    /// - Returns: nil when there is none, or one that is no name.
    init?(_ text: String) {
        var exact: Set<String> = []
        var endings: [String] = []
        for part in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
            var name = part.lowercased()
            if name.hasSuffix(".") { name.removeLast() }
            let isEnding = name.hasPrefix("*.")
            let labels = (isEnding ? String(name.dropFirst(2)) : name).split(
                separator: ".", omittingEmptySubsequences: false)
            let isName = labels.allSatisfy { label in
                !label.isEmpty && label.utf8.count < 64
                    && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
            }
            guard isName else { return nil }
            if isEnding { endings.append(String(name.dropFirst())) } else { exact.insert(name) }
        }
        guard !exact.isEmpty || !endings.isEmpty else { return nil }
        self.exact = exact
        self.endings = endings
    }

    func contains(_ name: String) -> Bool {
        exact.contains(name) || endings.contains { name.hasSuffix($0) && name.utf8.count > $0.utf8.count }
    }
}
