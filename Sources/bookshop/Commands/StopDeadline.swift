import Glibc
import ServiceLifecycle

/// Ends the process when stopping takes too long, so that nobody has to kill it.
struct StopDeadline: Service {
    /// From the signal to the cancellation of what still runs.
    let timeout: Duration

    func run() async throws {
        await withGracefulShutdownHandler {
            do {
                try await gracefulShutdown()
            } catch {
                // Cancelled: another service failed, which ends the group by itself.
            }
        } onGracefulShutdown: {
            Task.detached {
                // The services get a moment to follow the cancellation.
                try await Task.sleep(for: timeout + .seconds(2))
                CommandExit.standardError("bookshop: requests did not end in time, stopping without them")
                _exit(CommandExit.internal)
            }
        }
    }
}
