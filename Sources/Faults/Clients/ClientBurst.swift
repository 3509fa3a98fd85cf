import Engine
import Journal
import LinuxSystem
import NIOCore
import NIOHTTP1
import PlainHTTP

/// Sends bursts of requests and counts what comes of them.
actor ClientBurst {
    private(set) var figures: Observation = [:]
    private var loop: Task<Void, Never>?
    private let files = OpenFilesAllowance()

    /// What can come of a request.
    static let outcomes = [
        "good", "refused by an answer", "refused a connection", "without an answer in time", "cut off",
    ]

    /// From one look at the listener's connections to the next, while a burst is under way.
    private static let interval = Duration.milliseconds(20)
    /// More than an answer should have; what is longer counts as none.
    private static let limit = 16 << 20

    func begin(
        _ request: ClientRequest, count: Int, every pause: Duration?, patience: Duration, to listener: ListeningPort
    ) throws {
        try files.raise(for: count)
        loop = Task {
            repeat {
                let began = MonotonicClock.now()
                await send(request, count: count, patience: patience, to: listener)
                guard let pause, !Task.isCancelled else { return }
                let rest = began + pause - MonotonicClock.now()
                do { try await Task.sleep(for: max(.zero, rest)) } catch { return }
            } while !Task.isCancelled
        }
    }

    func end() async -> UndoOutcome {
        guard let loop else { return .alreadyRestored }
        loop.cancel()
        await loop.value
        self.loop = nil
        return files.restore()
    }

    private func send(_ request: ClientRequest, count: Int, patience: Duration, to listener: ListeningPort) async {
        // A new client: its connections are new, and end with it.
        let client = PlainHTTPClient()
        let url = "http://\(listener.host):\(listener.port)\(request.path)"
        let looks = Task {
            while !Task.isCancelled {
                look(at: listener)
                do { try await Task.sleep(for: Self.interval) } catch { return }
            }
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                group.addTask { [self] in
                    await note("sent")
                    await note(await Self.outcome(of: request, url, client, patience))
                }
            }
        }
        looks.cancel()
        await looks.value
        client.close()
    }

    private static func outcome(
        of request: ClientRequest, _ url: String, _ client: PlainHTTPClient, _ patience: Duration
    ) async -> String {
        var headers: HTTPHeaders = ["Connection": "close"]
        if request.isPost { headers.add(name: "Content-Type", value: "application/json") }
        do {
            let answer = try await client.send(
                request.isPost ? .POST : .GET, url, headers: headers, body: request.body.map { ByteBuffer(string: $0) },
                limit: limit, within: TimeAmount(patience))
            return answer.status < 400 ? "good" : "refused by an answer"
        } catch HTTPFailure.timedOut {
            return "without an answer in time"
        } catch HTTPFailure.refused {
            return "refused a connection"
        } catch {
            return "cut off"
        }
    }

    private func note(_ name: String) { figures[name, default: 0] += 1 }

    private func look(at listener: ListeningPort) {
        // A target that has ended meanwhile shows none.
        guard let table = try? TCPSocketTable(of: listener.pid) else { return }
        let connected = table.entries.count { $0.localPort == listener.port && $0.state == .established }
        figures["at once"] = max(figures["at once"] ?? 0, Double(connected))
    }
}
