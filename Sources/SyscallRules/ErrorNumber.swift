import CLinux
import Spelling

/// What a call fails with (errno(3)).
public struct ErrorNumber: Hashable, Sendable, CustomStringConvertible {
    /// 1…4095, the range in which the kernel takes a result for an error.
    public let rawValue: Int32

    /// Takes a name such as `EIO`, or a number, as strace(1) does.
    public init(_ text: String) throws(SyscallRuleError.Problem) {
        if let number = Int32(text) {
            guard (1...4095).contains(number) else { throw .errorOutOfRange(text) }
            rawValue = number
            return
        }
        guard let number = ErrorNumber.numbers[text] else {
            throw .unknownError(text, hint: Spelling.suggestion(for: text, among: ErrorNumber.numbers.keys))
        }
        rawValue = number
    }

    public var description: String {
        cl_error_name(rawValue).map { String(cString: $0) } ?? String(rawValue)
    }

    private static let numbers: [String: Int32] = {
        var numbers: [String: Int32] = [:]
        for number in Int32(1)...4095 {
            if let name = cl_error_name(number) { numbers[String(cString: name)] = number }
        }
        // Second names of the same numbers, which glibc does not print.
        numbers["EWOULDBLOCK"] = numbers["EAGAIN"]
        numbers["EDEADLOCK"] = numbers["EDEADLK"]
        numbers["ENOTSUP"] = numbers["EOPNOTSUPP"]
        return numbers
    }()
}
