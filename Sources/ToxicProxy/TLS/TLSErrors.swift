import COpenSSL
import Glibc

/// OpenSSL's error queue, of which each thread has one (ERR_get_error(3)).
enum TLSErrors {
    /// What is left from an earlier call would be taken for this one's.
    static func clear() { ERR_clear_error() }

    /// Empties the queue.
    /// - Returns: the reasons in it, the deepest first; nil when there is none.
    static func take() -> String? {
        var reasons: [String] = []
        while case let code = ERR_get_error(), code != 0 {
            let reason =
                if let text = ERR_reason_error_string(code) {
                    String(cString: text)
                } else {
                    // An error of the system's.
                    String(cString: strerror(ERR_GET_REASON(code)))
                }
            if !reasons.contains(reason) { reasons.append(reason) }
        }
        return reasons.isEmpty ? nil : reasons.joined(separator: ", ")
    }
}
