import Glibc

/// Starts a detached POSIX thread.
///
/// Foundation's `Thread` ignores a failing `pthread_create`, and a harness that squeezes `pids.max` must see it.
enum SessionThread {
    /// libpq with TLS and name resolution stays far below this; the default of 8 MiB per connection would be counted
    /// against a tight `RLIMIT_AS`.
    private static let stackBytes = 512 * 1024

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// - Throws: `resourceExhausted` with the errno when the system refuses another thread.
    static func start(_ body: @escaping @Sendable () -> Void) throws(PostgresError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, stackBytes)

        let context = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw PostgresError(
                kind: .resourceExhausted,
                message: "cannot start a thread for the session: \(String(cString: strerror(code)))",
                hint: "raise pids.max or RLIMIT_NPROC, or lower the number of connections")
        }
    }
}
