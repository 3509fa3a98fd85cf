import LinuxSystem

/// Why a journal could not be written or understood.
public enum JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file could not be read or written.
    case system(SystemError)
    /// A record that passes its checksum but not its grammar: written by another version of Brink.
    case malformedRecord(String)
    /// The file is no journal.
    case notAJournal(String)

    public var description: String {
        switch self {
        case .system(let error): "journal: \(error)"
        case .malformedRecord(let detail):
            "journal: malformed record: \(detail); use the version of brink that wrote it"
        case .notAJournal(let path): "\(path) is no brink journal"
        }
    }
}
