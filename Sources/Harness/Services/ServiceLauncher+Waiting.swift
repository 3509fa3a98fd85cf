import Engine
import LinuxSystem
import PlainHTTP
import Scenarios

/// Waits for what a program that was started is to do, no longer than it lives.
extension ServiceLauncher {
    static let patience = Duration.seconds(60)

    func wait(
        for what: String, of process: ProcessIdentity, _ log: String,
        within patience: Duration = ServiceLauncher.patience, _ isThere: () async -> Bool
    ) async throws {
        let end = MonotonicClock.now() + patience
        while !(await isThere()) {
            try Task.checkCancellation()
            guard ProcessTable().isRunning(process) else {
                throw HarnessError(.preflight, "waiting for \(what): the program ended: \(lastLine(of: log))")
            }
            guard MonotonicClock.now() < end else {
                throw HarnessError(.preflight, "waiting for \(what): nothing after \(patience.short); see \(log)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    func waitForListener(_ host: String, _ port: Int, of process: ProcessIdentity, _ log: String) async throws {
        try await wait(for: "\(host):\(port)", of: process, log) { await Listener.answers(host, port) }
    }

    func waitForAnswer(
        _ url: String, of process: ProcessIdentity, _ log: String, within patience: Duration = ServiceLauncher.patience
    ) async throws {
        let client = PlainHTTPClient()
        try await wait(for: url, of: process, log, within: patience) {
            let answer = try? await client.send(.GET, url, within: .seconds(2))
            return answer.map { (200..<300).contains($0.status) } ?? false
        }
    }

    func waitForEnd(of process: ProcessIdentity, _ log: String) async throws {
        let end = MonotonicClock.now() + ServiceLauncher.patience
        while ProcessTable().isRunning(process) {
            guard MonotonicClock.now() < end else {
                throw HarnessError(.preflight, "waiting for \(process) to finish: still at it after 60 s; see \(log)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    func terminate(_ process: ProcessIdentity, within deadline: Duration) async {
        let milliseconds = Int32(deadline / .milliseconds(1))
        await Blocking.run {
            // It may have ended by itself; whatever is left is killed with its cgroup.
            guard let handle = try? ProcessHandle(opening: process) else { return }
            guard (try? handle.send(.terminate)) != nil else { return }
            _ = handle.hasEnded(within: milliseconds)
        }
    }

    func lastLine(of log: String) -> String {
        let text = (try? SystemFile.readText(log)) ?? ""
        return text.split(separator: "\n").last.map(String.init) ?? "it said nothing"
    }
}
