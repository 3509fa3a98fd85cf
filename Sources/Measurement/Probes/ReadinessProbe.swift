import LinuxSystem
import NIOCore
import PlainHTTP
import Synchronization

/// Whether a service says that it is ready, asked twice a second by a client of its own: 1 or 0.
///
/// A service that asks its database for that takes a connection for it, so this is for runs that want to know.
public final class ReadinessProbe: PollingProbe {
    public static let metric = "service.ready"

    private let url: String
    private let client = PlainHTTPClient()
    private let latest = Mutex<Bool?>(nil)
    private let loop = Mutex<Task<Void, Never>?>(nil)

    private static let interval = Duration.milliseconds(500)
    /// A service that does not say so in this time is not ready.
    private static let patience = TimeAmount.seconds(1)

    public init(url: String) {
        self.url = url
    }

    public func begin() {
        let task = Task {
            while !Task.isCancelled {
                let asked = MonotonicClock.now()
                // Refused, reset or too late: all the same to who would send requests there.
                let answer = try? await client.send(.GET, url, limit: 1 << 16, within: ReadinessProbe.patience)
                if Task.isCancelled { break }
                latest.withLock { $0 = answer?.status == 200 }
                let took = MonotonicClock.now() - asked
                if took < ReadinessProbe.interval {
                    do { try await Task.sleep(for: ReadinessProbe.interval - took) } catch { break }
                }
            }
            client.close()
        }
        loop.withLock { $0 = task }
    }

    public func end() async {
        let task = loop.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    public func read(into values: inout [String: Double]) {
        if let isReady = latest.withLock({ $0 }) { values[ReadinessProbe.metric] = isReady ? 1 : 0 }
    }
}
