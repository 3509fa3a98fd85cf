import Synchronization

/// The weakness `leaks-memory-on-error`: every error is kept, with all that might be of interest about it, and nobody
/// ever looks.
final class ErrorArchive: Sendable {
    static let bytesPerError = 256 << 10

    private let kept = Mutex<[[UInt8]]>([])

    func keep(_ error: ServiceError) {
        // Not zeros, which might be pages that are not there.
        var report = [UInt8](repeating: 0x20, count: Self.bytesPerError)
        report.replaceSubrange(
            0..<min(error.message.utf8.count, report.count), with: error.message.utf8.prefix(report.count))
        kept.withLock { $0.append(report) }
    }
}
