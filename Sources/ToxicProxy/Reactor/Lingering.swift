/// Whether a thread that has nothing to do looks on for a moment before it sleeps, as KVM does with a CPU that halts
/// (Documentation/virt/kvm/halt-polling.rst).
///
/// To put a CPU to sleep and wake it takes longer than to pass a message on, and as much of the CPU's time as to look on
/// meanwhile. It pays only where the next message is sure to come soon: after several waits in a row that were short. The
/// first that is not ends it, so that a thread with pauses between its messages, or between bursts of them, sleeps.
struct Lingering {
    /// Nanoseconds that are looked on for at most: what a message takes to a server that answers at once, and back.
    static let most: Int64 = 50_000
    private static let enough: Int8 = 3

    private var shortWaits: Int8 = 0

    var isWorthwhile: Bool { shortWaits == Lingering.enough }

    /// Takes note of how long there was nothing to do, in nanoseconds.
    mutating func note(_ waited: Int64) {
        shortWaits = waited < Lingering.most ? min(Lingering.enough, shortWaits + 1) : 0
    }
}
