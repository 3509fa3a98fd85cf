import Foundation

/// Writes files that only their owner may read: what a run shows of a host is nobody else's.
struct PrivateFile {
    let path: String

    /// Puts the content there in one step, so that a reader never sees half of it.
    ///
    /// - Throws: `ReportError`.
    func write(_ data: Data) throws {
        let temporary = "\(path).\(ProcessInfo.processInfo.processIdentifier).tmp"
        unlink(temporary)
        // Made with its mode, not changed to it later: there is no moment in which others could open it.
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: data)
            try file.close()
        } catch {
            unlink(temporary)
            throw failure(error.localizedDescription)
        }
        guard rename(temporary, path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(temporary)
            throw failure(reason)
        }
    }

    private func failure(_ reason: String) -> ReportError {
        ReportError(path: path, doing: "write", reason: reason)
    }
}
