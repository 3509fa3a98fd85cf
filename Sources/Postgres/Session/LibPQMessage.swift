/// Reads libpq's texts, the only place where it tells why a connection could not be made.
enum LibPQMessage {
    /// The error of a failed connection attempt.
    ///
    /// libpq keeps no error code for it. With verbose errors the server's part reads `FATAL:  57P03: the database
    /// system is starting up`, in which the SQLSTATE does not depend on the language; the other texts come from
    /// `strerror`.
    static func connectionError(_ text: String, password: String?) -> PostgresError {
        let message = redact(text, password: password)
        if let (sqlState, primary) = serverError(in: message) {
            return PostgresError(kind: .server(sqlState), sqlState: sqlState, message: primary)
        }
        let kind: PostgresError.Kind =
            if message.contains("Too many open files") {
                .tooManyOpenFiles
            } else if message.contains("Connection refused") || message.contains("No such file or directory") {
                .connectionRefused
            } else if lossTexts.contains(where: message.contains) {
                .connectionLost
            } else {
                .connectionFailed
            }
        return PostgresError(kind: kind, message: firstLine(message))
    }

    /// The error of a connection that broke outside a server's error message.
    static func lossError(_ text: String, password: String?) -> PostgresError {
        let message = firstLine(redact(text, password: password))
        return PostgresError(
            kind: .connectionLost, message: message.isEmpty ? "the connection to the server was lost" : message)
    }

    /// The first line that says something: libpq adds advice on the lines after it.
    static func firstLine(_ text: String) -> String {
        var line = text.split(separator: "\n", maxSplits: 1).first ?? ""
        while line.last?.isWhitespace == true { line.removeLast() }
        return String(line)
    }

    /// A net below libpq's own discretion.
    static func redact(_ text: String, password: String?) -> String {
        guard let password, !password.isEmpty else { return text }
        return text.split(separator: password, omittingEmptySubsequences: false).joined(separator: "***")
    }

    private static let lossTexts = [
        "server closed the connection unexpectedly", "Connection reset by peer", "Broken pipe", "EOF detected",
    ]

    /// Finds `:  ABCDE: message` and returns the SQLSTATE and the message.
    private static func serverError(in text: String) -> (String, String)? {
        var rest = text[...]
        while let marker = rest.firstRange(of: ":  ") {
            rest = rest[marker.upperBound...]
            let code = rest.prefix(5)
            let after = rest.dropFirst(5)
            let isCode = code.count == 5 && code.allSatisfy { $0.isASCII && ($0.isNumber || $0.isUppercase) }
            if isCode, after.hasPrefix(": ") {
                return (String(code), firstLine(String(after.dropFirst(2))))
            }
        }
        return nil
    }
}
