/// Finds what a misspelt word was probably meant to be.
public enum Spelling {
    /// ` (did you mean "x"?)` for the nearest candidate within a third of the word's length, else nothing.
    public static func suggestion(for word: String, among candidates: some Sequence<String>) -> String {
        let limit = max(1, word.count / 3)
        let nearest =
            candidates
            .map { (candidate: $0, distance: distance(word.lowercased(), $0.lowercased())) }
            .filter { $0.distance <= limit }
            .min { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }
        return nearest.map { " (did you mean \"\($0.candidate)\"?)" } ?? ""
    }

    /// Edits by insertion, deletion, substitution and swap of neighbours (optimal string alignment).
    public static func distance(_ left: String, _ right: String) -> Int {
        // Words from garbage files can be long; nothing that long is a misspelling of a key.
        guard left.count <= 64, right.count <= 64 else { return Int.max }
        let a = Array(left), b = Array(right)
        var rows = [Array(0...b.count)]
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
