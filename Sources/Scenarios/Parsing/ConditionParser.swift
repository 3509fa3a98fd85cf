/// Parses conditions: comparisons joined by `and`, `or`, `not` and parentheses, with `for DURATION` at the end.
struct ConditionParser {
    /// Where and why the text is no condition. The offset counts characters from 0.
    struct Failure: Error, Hashable {
        let offset: Int
        let message: String
    }

    private struct Token {
        let text: Substring
        let offset: Int
    }

    private let source: String
    private var tokens: ArraySlice<Token>
    private var depth = 0

    private init(_ source: String) throws(Failure) {
        self.source = source
        self.tokens = try ConditionParser.tokens(of: source)[...]
    }

    static func parse(_ source: String) throws(Failure) -> Condition {
        var parser = try ConditionParser(source)
        let expression = try parser.disjunction()
        var sustained = Duration.zero
        if parser.peek == "for" {
            parser.tokens.removeFirst()
            guard let token = parser.tokens.popFirst(), case .duration(let time)? = Quantity(String(token.text)) else {
                throw parser.failure("give a time after \"for\", such as 5s")
            }
            sustained = time
        }
        if let rest = parser.tokens.first {
            throw Failure(offset: rest.offset, message: "\"\(rest.text)\" is not expected here")
        }
        return Condition(expression: expression, sustained: sustained, text: source)
    }

    private var peek: Substring? { tokens.first?.text }

    private func failure(_ message: String) -> Failure {
        Failure(offset: tokens.first?.offset ?? source.count, message: message)
    }

    private mutating func disjunction() throws(Failure) -> Expression {
        var left = try conjunction()
        while peek == "or" {
            tokens.removeFirst()
            left = .or(left, try conjunction())
        }
        return left
    }

    private mutating func conjunction() throws(Failure) -> Expression {
        var left = try negation()
        while peek == "and" {
            tokens.removeFirst()
            left = .and(left, try negation())
        }
        return left
    }

    private mutating func negation() throws(Failure) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth < 64 else { throw failure("nested too deeply") }
        if peek == "not" {
            tokens.removeFirst()
            return .not(try negation())
        }
        if peek == "(" {
            tokens.removeFirst()
            let inner = try disjunction()
            try expect(")")
            return inner
        }
        return try comparison()
    }

    private mutating func comparison() throws(Failure) -> Expression {
        let operand = try operand()
        guard let sign = peek, let comparator = Expression.Comparator(rawValue: String(sign)) else {
            throw failure("compare \(operand) with one of < <= > >= == !=")
        }
        tokens.removeFirst()
        guard let value = peek, let quantity = Quantity(String(value)) else {
            throw failure("give a number with its unit after \"\(comparator.rawValue)\", such as 50ms, 1%, 256MiB")
        }
        tokens.removeFirst()
        return .comparison(operand, comparator, quantity.baseValue)
    }

    private mutating func operand() throws(Failure) -> Expression.Operand {
        let start = failure("expected a metric such as latency.p99")
        guard let name = tokens.popFirst(), ConditionParser.isName(name.text) else { throw start }
        guard peek == "(" else { return .metric(String(name.text)) }
        tokens.removeFirst()
        switch name.text {
        case "recovery":
            let fault = try argument()
            try expect(")")
            return .recovery(fault: fault)
        case "during":
            let (fault, metric) = try timeAndMetric()
            return .during(fault: fault, metric: metric)
        case "phase":
            let (phase, metric) = try timeAndMetric()
            return .phase(phase, metric: metric)
        case "peak":
            let (name, metric) = try timeAndMetric()
            return .peak(name, metric: metric)
        default:
            throw Failure(
                offset: name.offset,
                message: "unknown function \(name.text); known are recovery(FAULT), during(FAULT, METRIC), "
                    + "phase(PHASE, METRIC) and peak(FAULT or PHASE, METRIC)")
        }
    }

    /// `NAME, METRIC)`
    private mutating func timeAndMetric() throws(Failure) -> (name: String, metric: String) {
        let name = try argument()
        try expect(",")
        let metric = try argument()
        try expect(")")
        return (name, metric)
    }

    private mutating func argument() throws(Failure) -> String {
        let missing = failure("an argument is missing")
        guard let token = tokens.popFirst(), ConditionParser.isName(token.text) else { throw missing }
        return String(token.text)
    }

    private mutating func expect(_ text: Substring) throws(Failure) {
        guard peek == text else { throw failure("\"\(text)\" is missing") }
        tokens.removeFirst()
    }

    private static func isName(_ text: Substring) -> Bool {
        guard let first = text.first else { return false }
        return first.isLetter || first == "_"
    }

    private static func tokens(of source: String) throws(Failure) -> [Token] {
        var tokens: [Token] = []
        let characters = Array(source)
        var index = 0
        let isWord = { (character: Character) in
            character.isLetter || character.isNumber || "._-%/+".contains(character)
        }
        while index < characters.count {
            let character = characters[index]
            let start = index
            if character.isWhitespace {
                index += 1
                continue
            }
            if "<>=!".contains(character) {
                index += 1
                if index < characters.count, characters[index] == "=" { index += 1 }
            } else if "(),".contains(character) {
                index += 1
            } else if isWord(character) {
                while index < characters.count, isWord(characters[index]) { index += 1 }
            } else {
                throw Failure(offset: start, message: "unexpected character \"\(character)\"")
            }
            tokens.append(Token(text: Substring(String(characters[start..<index])), offset: start))
        }
        return tokens
    }
}
