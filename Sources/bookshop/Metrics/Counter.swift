import Synchronization

/// A number that only grows.
final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    func increment(by amount: UInt64 = 1) {
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    var value: UInt64 { count.load(ordering: .relaxed) }
}
