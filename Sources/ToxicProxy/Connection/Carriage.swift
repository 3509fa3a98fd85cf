/// How the next piece of a stream that no toxic wants is carried: through a pipe in the kernel (splice(2)), or, when it is
/// small, through a buffer, as HAProxy's `option splice-auto` does.
///
/// What splice(2) costs before the first byte is moved is more than to copy a few kilobytes twice: on loopback a read and
/// a write are a tenth faster for 64 bytes, as fast at 16 KiB, and slower from there on. So a stream is spliced from the
/// first piece on that is larger than ``smallest``, and copied again when several in a row were not.
struct Carriage {
    private enum Means {
        /// Nothing has come yet: the kernel is asked how much is there.
        case unknown
        case copy
        case splice(smallInARow: Int8)
    }

    /// Bytes from which on a piece is never in user space, but for as many at its beginning where it follows smaller ones.
    static let smallest = 8192
    /// Even a large transfer has a small piece now and then, where a window was full.
    private static let patience: Int8 = 4

    private var means = Means.unknown

    var isUnknown: Bool { if case .unknown = means { true } else { false } }
    var splices: Bool { if case .splice = means { true } else { false } }

    /// Takes note of bytes that wait to be carried, or that were carried at once.
    mutating func note(_ bytes: Int) {
        switch means {
        case _ where bytes >= Carriage.smallest: means = .splice(smallInARow: 0)
        case .unknown where bytes > 0: means = .copy
        case .splice(let count): means = count + 1 < Carriage.patience ? .splice(smallInARow: count + 1) : .copy
        case .unknown, .copy: break
        }
    }
}
