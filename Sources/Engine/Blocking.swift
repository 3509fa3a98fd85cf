import Dispatch

/// Runs system calls that can block for long (a memory limit that reclaims, a server that shuts down) on a thread
/// that is not one of Swift's own few.
public enum Blocking {
    private static let queue = DispatchQueue(label: "brink.blocking", attributes: .concurrent)

    /// Runs the body and gives back what it returns.
    public static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }

    /// Runs the body and gives back what it returns or throws.
    public static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}
