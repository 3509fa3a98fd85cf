import LinuxSystem
import SystemPackage

/// The format of the files in `cgroups/`: lines of `CGROUP [KNOB VALUE…]`, `#` starts a comment.
///
/// One format for both kinds of file: the tree names cgroups below the root, a profile uses `.` for its target.
public struct LayoutFile: Hashable, Sendable {
    /// One line: create the cgroup, and where a knob is named set it.
    public struct Entry: Hashable, Sendable {
        public let cgroup: String
        public let knob: String?
        public let value: String?
    }

    public let entries: [Entry]

    /// - Throws: for a line with a knob but no value, naming the line.
    public init(_ text: String, name: String) throws(SystemError) {
        var entries: [Entry] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = line.prefix { $0 != "#" }
            let words = content.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
            guard let cgroup = words.first else { continue }
            guard words.count != 2 else {
                throw SystemError(
                    "parse", on: "\(name):\(index + 1)", .invalidArgument, advice: "give \(words[1]) a value")
            }
            entries.append(
                Entry(
                    cgroup: cgroup, knob: words.count > 1 ? words[1] : nil,
                    value: words.count > 2 ? words[2...].joined(separator: " ") : nil))
        }
        self.entries = entries
    }

    private init(entries: [Entry]) {
        self.entries = entries
    }

    /// The same layout below another cgroup.
    public func moved(from place: String, to other: String) -> LayoutFile {
        LayoutFile(
            entries: entries.map { entry in
                guard entry.cgroup == place || entry.cgroup.hasPrefix("\(place)/") else { return entry }
                let cgroup = other + entry.cgroup.dropFirst(place.count)
                return Entry(cgroup: cgroup, knob: entry.knob, value: entry.value)
            })
    }
}
