/// Why a rule can't be followed.
public enum WireRuleProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case noName
    case badRow(Int)
    case badDelay(Int64)
    case errorFromServer(WireRule.Trigger)
    case badSQLState(String)
    case zeroByte
    case errorInFailedTransaction
    case badEvery(Int)
    case badProbability(Double)

    public var description: String {
        switch self {
        case .noName: "a rule needs a name"
        case .badRow(let row): "dataRow(\(row)): rows are counted from 1"
        case .badDelay(let delay): "a delay is 0…\(WireRule.delays.upperBound) ns, not \(delay)"
        case .errorFromServer(let trigger):
            "\(trigger): only a client's request can fail: authentication, statement, commit, parse"
        case .badSQLState(let text): "\"\(text)\": an SQLSTATE is five characters of 0-9 and A-Z, such as 40001"
        case .zeroByte: "an error's message can't hold a zero byte"
        case .errorInFailedTransaction: "in a failed transaction every statement fails already, with 25P02"
        case .badEvery(let every): "every is 1 or more, not \(every)"
        case .badProbability(let probability): "a probability is 0…1, not \(probability)"
        }
    }
}
