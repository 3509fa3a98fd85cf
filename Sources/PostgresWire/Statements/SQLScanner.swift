/// Finds where statements end, by PostgreSQL's lexical rules (documentation, SQL Syntax, Lexical Structure), with
/// `standard_conforming_strings` on, as it is by default.
struct SQLScanner {
    /// Statements are told apart by their first words only.
    private static let wordLimit = 8

    private let source: ArraySlice<UInt8>
    private var place: Int
    private var start: Int
    private var words: [String] = []
    private var isEmpty = true
    private var parentheses = 0
    /// Of BEGIN ATOMIC … END and CASE … END in the body of a routine.
    private var blocks = 0
    private var statements: [SQLStatement] = []

    static func statements(in source: ArraySlice<UInt8>) -> [SQLStatement] {
        var scanner = SQLScanner(source)
        scanner.scan()
        return scanner.statements
    }

    private init(_ source: ArraySlice<UInt8>) {
        self.source = source
        place = source.startIndex
        start = source.startIndex
    }

    private mutating func scan() {
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"): skipLine()
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"): skipComment()
            case UInt8(ascii: ";") where parentheses == 0 && blocks == 0: endStatement()
            case _ where SQLScanner.isSpace(byte): place += 1
            default:
                isEmpty = false
                skipToken(startingWith: byte)
            }
        }
        endStatement()
    }

    private func peek(_ distance: Int = 0) -> UInt8? {
        place + distance < source.endIndex ? source[place + distance] : nil
    }

    private mutating func endStatement() {
        if !isEmpty {
            let text = SQLScript.normalized(source[start..<place])
            statements.append(SQLStatement(text: text, command: TransactionCommand(words: words)))
        }
        place = min(place + 1, source.endIndex)
        start = place
        words = []
        isEmpty = true
        parentheses = 0
        blocks = 0
    }

    private mutating func skipToken(startingWith byte: UInt8) {
        switch byte {
        case UInt8(ascii: "'"): skipQuoted(by: byte, escapes: false)
        case UInt8(ascii: "\""): skipQuoted(by: byte, escapes: false)
        case UInt8(ascii: "$"): skipDollarQuoted()
        case UInt8(ascii: "("):
            parentheses += 1
            place += 1
        case UInt8(ascii: ")"):
            parentheses = max(0, parentheses - 1)
            place += 1
        case _ where SQLScanner.startsWord(byte): takeWord()
        default: place += 1
        }
    }

    private mutating func skipLine() {
        while let byte = peek(), byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") { place += 1 }
    }

    /// Comments of this kind nest.
    private mutating func skipComment() {
        var depth = 0
        repeat {
            if peek() == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                depth += 1
                place += 2
            } else if peek() == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
                depth -= 1
                place += 2
            } else {
                place += 1
            }
        } while depth > 0 && place < source.endIndex
    }

    /// A doubled quote is read as the end of one string and the start of another, which ends at the same place; escapes
    /// are in force in both.
    private mutating func skipQuoted(by quote: UInt8, escapes: Bool) {
        repeat {
            place += 1
            while let byte = peek(), byte != quote {
                place += escapes && byte == UInt8(ascii: "\\") && peek(1) != nil ? 2 : 1
            }
            place = min(place + 1, source.endIndex)
        } while escapes && peek() == quote
    }

    /// `$$…$$` or `$tag$…$tag$`; a parameter such as `$1` is no quote.
    private mutating func skipDollarQuoted() {
        var end = place + 1
        while end < source.endIndex, SQLScanner.continuesWord(source[end]), source[end] != UInt8(ascii: "$") {
            end += 1
        }
        let isTag = end == place + 1 || SQLScanner.startsWord(source[place + 1])
        guard end < source.endIndex, source[end] == UInt8(ascii: "$"), isTag else {
            place += 1
            return
        }
        let quote = source[place...end]
        place = end + 1
        while place < source.endIndex, !source[place...].starts(with: quote) { place += 1 }
        place = min(place + quote.count, source.endIndex)
    }

    private mutating func takeWord() {
        let first = place
        while let byte = peek(), SQLScanner.continuesWord(byte) { place += 1 }
        let word = String(decoding: source[first..<place].map(SQLScanner.lowercased), as: UTF8.self)
        if word == "e", peek() == UInt8(ascii: "'") { skipQuoted(by: UInt8(ascii: "'"), escapes: true) }
        if words.count < SQLScanner.wordLimit { words.append(word) }
        if createsRoutine { countBlocks(word) }
    }

    private var createsRoutine: Bool {
        guard words.first == "create" else { return false }
        let rest = words.dropFirst()
        let kind = (rest.starts(with: ["or", "replace"]) ? rest.dropFirst(2) : rest).first
        return kind == "function" || kind == "procedure"
    }

    private mutating func countBlocks(_ word: String) {
        switch word {
        case "begin": blocks += 1
        case "case" where blocks > 0: blocks += 1
        case "end" where blocks > 0: blocks -= 1
        default: break
        }
    }

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (UInt8(ascii: "\t")...UInt8(ascii: "\r")).contains(byte)
    }

    static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    private static func startsWord(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lowercased(byte)) || byte == UInt8(ascii: "_") || byte >= 0x80
    }

    private static func continuesWord(_ byte: UInt8) -> Bool {
        startsWord(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "$")
    }
}
