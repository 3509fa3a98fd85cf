import Glibc
import LinuxSystem
import SystemPackage

/// Starts a server just as it ran before, once what is left of the old one is gone.
///
/// After kill -9 of a postmaster its children live on for a moment and hold the shared memory; a start is refused
/// until they are gone. So this waits for them; it never deletes a pid file.
public struct ServerStarter: Sendable {
    private let table: ProcessTable

    public init(table: ProcessTable = ProcessTable()) {
        self.table = table
    }

    /// Starts the server unless it runs.
    /// - Throws: ETIMEDOUT when processes of the old server do not go away, or the error of the start.
    public func start(
        _ start: UndoAction.ServerStart, waitingForOld deadline: Duration = .seconds(15)
    ) throws(SystemError) -> UndoOutcome {
        guard SystemFile.exists(start.directory) else { return .targetGone("\(start.directory) was removed") }
        if try runningServer(start) != nil { return .alreadyRestored }
        let end = MonotonicClock.now() + deadline
        var left = try remnants(of: start)
        while !left.isEmpty {
            guard MonotonicClock.now() < end else {
                throw SystemError(
                    "wait for the old server's processes \(left)", on: start.directory, .timedOut,
                    advice: "end them, then run `brink recover`")
            }
            MonotonicClock.pause(milliseconds: 10)
            left = try remnants(of: start)
        }
        if let pid = try recordedPID(start) { ProcessHandle.reapChild(pid) }
        let output = try OwnedDescriptor.open(
            start.output ?? "/dev/null", O_WRONLY | O_APPEND | O_CREAT, mode: 0o600)
        var environment: [String: String] = [:]
        for entry in start.environment {
            let pair = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { environment[String(pair[0])] = String(pair[1]) }
        }
        let cgroup = start.cgroupFolder.flatMap { SystemFile.exists($0) ? $0 : nil }
        let request = SpawnRequest(
            start.executable, start.arguments, environment: environment, directory: start.directory, cgroup: cgroup,
            newSession: true, owner: SpawnRequest.Owner(user: start.user, group: start.group),
            standardOutput: output.number, standardError: output.number)
        let handle = try request.start(in: table)
        try output.close()
        // The server enters its pid when it has taken the data directory; one that cannot ends without.
        let limit = MonotonicClock.now() + .seconds(30)
        while try recordedPID(start) != handle.identity.pid {
            if handle.hasEnded(within: 5) {
                let status = try handle.reap() ?? -1
                throw SystemError(
                    "start (exit \(status))", on: start.executable, .ioError, advice: "see \(start.output ?? "its log")")
            }
            guard MonotonicClock.now() < limit else {
                throw SystemError("start", on: start.executable, .timedOut, advice: "see \(start.output ?? "its log")")
            }
        }
        return .restored
    }

    /// The first line of the pid file.
    private func recordedPID(_ start: UndoAction.ServerStart) throws(SystemError) -> Int32? {
        guard SystemFile.exists(start.pidFile) else { return nil }
        let text = String(decoding: try SystemFile.read(start.pidFile), as: UTF8.self)
        return text.split(separator: "\n").first.flatMap { Int32($0) }
    }

    /// The server's pid when it runs: the pid file names a live process of its executable.
    public func runningServer(_ start: UndoAction.ServerStart) throws(SystemError) -> Int32? {
        guard let pid = try recordedPID(start), isServer(pid, start), table.exists(pid) else { return nil }
        return pid
    }

    /// Live processes of the server's executable in its folder.
    private func remnants(of start: UndoAction.ServerStart) throws(SystemError) -> [Int32] {
        try table.pids().filter { isServer($0, start) && table.exists($0) }
    }

    private func isServer(_ pid: Int32, _ start: UndoAction.ServerStart) -> Bool {
        // Both links vanish with the process, and then it is none of the server's.
        (try? SystemFile.linkTarget("\(table.root)/\(pid)/exe")) == start.executable
            && (try? SystemFile.linkTarget("\(table.root)/\(pid)/cwd")) == start.directory
    }
}
