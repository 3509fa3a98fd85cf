/// A history that cannot be judged: whoever recorded it made a mistake.
public enum ListAppendHistoryError: Error, Hashable, Sendable, CustomStringConvertible {
    case repeatedTransaction(id: Int)
    case repeatedAppend(key: Int, element: Int)
    case endsBeforeItBegins(id: Int)

    public var description: String {
        switch self {
        case .repeatedTransaction(let id): "two transactions are called T\(id)"
        case .repeatedAppend(let key, let element): "\(element) is appended to key \(key) twice"
        case .endsBeforeItBegins(let id): "T\(id) was complete before it was invoked"
        }
    }
}
