import Events

/// One OOM kill as the kernel's log tells it (mm/oom_kill.c): a line with the constraint and the cgroups, which is
/// rate limited and comes once for a group that dies together, and a line for each process that is killed.
struct OOMNotice: Hashable, Sendable {
    var victim: OOMKill.Victim
    /// The cgroup whose limit was reached; nil when the machine as a whole had run out.
    var limitedBy: String?

    /// Reads the log's lines one after the other.
    struct Reader {
        /// `oom-kill:constraint=CONSTRAINT_MEMCG,…,oom_memcg=/a,task_memcg=/a/b,task=perl,pid=17,uid=0`
        private var context: [String: String] = [:]

        /// - Returns: a kill when the line is the one about a killed process.
        mutating func take(_ line: String) -> OOMNotice? {
            if let range = line.firstRange(of: "oom-kill:") {
                context = Reader.fields(line[range.upperBound...], separator: ",", sign: "=")
                return nil
            }
            guard let range = line.firstRange(of: ": Killed process "), line.contains("ut of memory") else {
                return nil
            }
            let rest = line[range.upperBound...]
            let digits = rest.prefix { $0.isNumber }
            guard let pid = Int32(digits), let open = rest.firstIndex(of: "("),
                // The name can hold parentheses too.
                let close = rest.firstRange(of: ") total-vm:")?.lowerBound
            else { return nil }
            let numbers = Reader.fields(rest[close...].dropFirst(2), separator: " ", sign: ":")
            let isOfContext = context["pid"] == String(pid)
            // With memory.oom.group the others die of the same cause, in the same cgroup or below it.
            let cause = context["oom_memcg"].map { String($0.drop { $0 == "/" }) }
            return OOMNotice(
                victim: OOMKill.Victim(
                    pid: pid, name: String(rest[rest.index(after: open)..<close]),
                    cgroup: isOfContext ? context["task_memcg"].map { String($0.drop { $0 == "/" }) } : nil,
                    anonymousBytes: Reader.bytes(numbers["anon-rss"]), fileBytes: Reader.bytes(numbers["file-rss"]),
                    oomScoreAdjustment: numbers["oom_score_adj"].flatMap { Int($0) }),
                limitedBy: context["constraint"] == "CONSTRAINT_MEMCG" ? cause : nil)
        }

        private static func fields(_ text: Substring, separator: Character, sign: Character) -> [String: String] {
            var fields: [String: String] = [:]
            for piece in text.split(separator: separator) {
                guard let index = piece.firstIndex(of: sign) else { continue }
                let value = piece[piece.index(after: index)...]
                fields[String(piece[..<index])] = String(value.last == "," ? value.dropLast() : value)
            }
            return fields
        }

        private static func bytes(_ kilobytes: String?) -> UInt64? {
            guard let kilobytes, kilobytes.hasSuffix("kB"), let count = UInt64(kilobytes.dropLast(2)) else {
                return nil
            }
            return count * 1024
        }
    }
}
