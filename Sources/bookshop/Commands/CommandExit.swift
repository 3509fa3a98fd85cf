import ArgumentParser
import Glibc

/// Exit codes of `bookshop` beyond success and wrong usage, and how they are explained.
enum CommandExit {
    /// Something the command needs is not there: the port is taken, the database cannot be reached.
    static let unavailable: Int32 = 69
    static let `internal`: Int32 = 70

    /// Says one line on stderr and makes the error that ends the command.
    static func failure(_ message: String, _ code: Int32) -> ExitCode {
        standardError("bookshop: \(message)")
        return ExitCode(code)
    }

    /// Writes one line, whole, to stderr.
    static func standardError(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(STDERR_FILENO, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            // There is nobody to tell that stderr is gone.
            guard count > 0 || errno == EINTR else { return }
            written += max(0, count)
        }
    }
}
