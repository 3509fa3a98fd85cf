import SystemPackage

/// A call to the kernel that failed: what was tried, on what, what the kernel said, and what to do about it.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The operation in words, for example `write "max"`.
    public let operation: String
    /// The file, process or descriptor it was tried on.
    public let subject: String
    /// What the kernel answered.
    public let errno: Errno
    /// What a person can do, when that is known.
    public let advice: String?

    public init(_ operation: String, on subject: String, _ errno: Errno, advice: String? = nil) {
        self.operation = operation
        self.subject = subject
        self.errno = errno
        self.advice = advice ?? SystemError.commonAdvice(errno)
    }

    public var description: String {
        let base = "\(operation) on \(subject): \(errno) (errno \(errno.rawValue))"
        return advice.map { "\(base); \($0)" } ?? base
    }

    private static func commonAdvice(_ errno: Errno) -> String? {
        switch errno {
        case .permissionDenied, .notPermitted: "run as root with CAP_SYS_ADMIN and CAP_SYS_RESOURCE"
        case .readOnlyFileSystem: "the file system is mounted read-only: run in scripts/vm or remount it writable"
        case .noSpace: "free space on that file system"
        default: nil
        }
    }
}

/// Turns the `-errno` convention of `CLinux` into a thrown error.
@discardableResult
func check(
    _ value: Int32, _ operation: @autoclosure () -> String, on subject: @autoclosure () -> String
) throws(SystemError) -> Int32 {
    guard value >= 0 else { throw SystemError(operation(), on: subject(), Errno(rawValue: -value)) }
    return value
}
