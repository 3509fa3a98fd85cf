import Glibc

/// Standard error, written line by line with write(2): nothing is buffered when a process is killed.
public enum StandardError {
    /// Writes one line. A closed standard error is nobody's concern.
    public static func line(_ text: String) { write("\(text)\n") }

    /// Writes as it is, such as a question whose answer is to stand beside it.
    public static func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
