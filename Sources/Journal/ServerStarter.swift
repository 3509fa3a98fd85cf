import Glibc
import LinuxSystem
import SystemPackage
import SystemdUnits

/// Starts a server just as it ran before, once what is left of the old one is gone.
///
/// After kill -9 of a postmaster its children live on for a moment and hold the shared memory; a start is refused
/// until they are gone. So this waits for them; it never deletes a pid file.
public struct ServerStarter: Sendable {
    private let table: ProcessTable
    private let confinement: SyscallConfinement?

    /// - Parameter confinement: a filter to start it under, for a server of a run that tampers with its system calls.
    public init(table: ProcessTable = ProcessTable(), confinement: SyscallConfinement? = nil) {
        self.table = table
        self.confinement = confinement
    }

    /// Starts the server unless it runs.
    /// - Throws: ETIMEDOUT when processes of the old server do not go away, or the error of the start.
    public func start(
        _ start: UndoAction.ServerStart, waitingForOld deadline: Duration = .seconds(15)
    ) throws(SystemError) -> UndoOutcome {
        guard SystemFile.exists(start.directory) else { return .targetGone("\(start.directory) was removed") }
        if try runningServer(start) != nil, try !isStopping(start) { return .alreadyRestored }
        try waitForShutdown(start)
        if let folder = start.cgroupFolder {
            // Never the starter's own cgroup: that is removed with all in it. systemd removes a unit's empty one.
            try SystemFile.makeFolders(folder, mode: 0o755)
            let events = try SystemFile.readIfPresent("\(folder)/cgroup.events")
            guard !(events?.trimmedText.contains("frozen 1") ?? false) else {
                throw SystemError(
                    "start \(start.executable)", on: folder, .resourceBusy,
                    advice: "the cgroup is frozen: thaw it, then run `brink recover`")
            }
        }
        let end = MonotonicClock.now() + deadline
        var left = try remnants(of: start)
        while !left.isEmpty {
            guard MonotonicClock.now() < end else {
                throw SystemError(
                    "wait for the old server's processes \(left)", on: start.directory, .timedOut,
                    advice: "end them, then run `brink recover`")
            }
            MonotonicClock.pause(milliseconds: 10)
            // What looks like a remnant may be a server that was started just before and has not entered its pid yet.
            if try isUp(start) { return .alreadyRestored }
            left = try remnants(of: start)
        }
        if let pid = try recordedPID(start) { ProcessHandle.reapChild(pid) }
        if let unit = start.unit {
            try startUnit(unit, start)
        } else {
            try launch(start)
        }
        return .restored
    }

    /// Has systemd start it: a server started past its unit would be none of systemd's.
    private func startUnit(_ unit: String, _ start: UndoAction.ServerStart) throws(SystemError) {
        let systemd = try SystemdConnection()
        do throws(SystemError) {
            try systemd.resetFailed(unit)
        } catch {
            // One that systemd does not have in memory has no failures to be forgotten.
        }
        try systemd.start(unit)
        let limit = MonotonicClock.now() + .seconds(90)
        while try !isUp(start) {
            // One that gave up is not waited for.
            guard try systemd.text("ActiveState", of: systemd.unit(unit)) != "failed" else {
                throw SystemError("start", on: unit, .ioError, advice: "see `systemctl status \(unit)`")
            }
            guard MonotonicClock.now() < limit else {
                throw SystemError("start", on: unit, .timedOut, advice: "see `systemctl status \(unit)`")
            }
            MonotonicClock.pause(milliseconds: 20)
        }
    }

    private func launch(_ start: UndoAction.ServerStart) throws(SystemError) {
        let output = try OwnedDescriptor.open(
            start.output ?? "/dev/null", O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, mode: 0o600)
        var environment: [String: String] = [:]
        for entry in start.environment {
            let pair = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { environment[String(pair[0])] = String(pair[1]) }
        }
        let request = SpawnRequest(
            start.executable, start.arguments, environment: environment, directory: start.directory,
            cgroup: start.cgroupFolder,
            newSession: true, owner: SpawnRequest.Owner(user: start.user, group: start.group, groups: start.groups),
            oomScoreAdjustment: start.oomScoreAdjustment,
            standardOutput: output.number, standardError: output.number)
        let handle = try (confinement?.apply(to: request) ?? request).start(in: table)
        try output.close()
        // The server enters its pid when it has taken the data directory; one that cannot ends without.
        let limit = MonotonicClock.now() + .seconds(30)
        while try recordedPID(start) != handle.identity.pid {
            if handle.hasEnded(within: 5) {
                let status = try handle.reap() ?? -1
                throw SystemError(
                    "start (exit \(status))", on: start.executable, .ioError, advice: "see \(start.output ?? "its log")"
                )
            }
            guard MonotonicClock.now() < limit else {
                throw SystemError("start", on: start.executable, .timedOut, advice: "see \(start.output ?? "its log")")
            }
        }
    }

    /// Shuts the server down, if it runs (fast, SIGINT), and starts it.
    public func restart(_ start: UndoAction.ServerStart) throws(SystemError) -> UndoOutcome {
        try waitForShutdown(start)
        return try self.start(start)
    }

    /// Has a server that runs read its configuration files again.
    public func reload(_ start: UndoAction.ServerStart) throws(SystemError) {
        guard let pid = try runningServer(start) else { return }
        do throws(SystemError) {
            try ProcessHandle(opening: try table.identity(of: pid), in: table).send(.hangup)
        } catch {
            // It went meanwhile, and reads them when it starts.
            guard error.errno == .noSuchProcess || error.errno == .noSuchFileOrDirectory else { throw error }
        }
    }

    /// Whether the server runs and means to go on running.
    func isUp(_ start: UndoAction.ServerStart) throws(SystemError) -> Bool {
        guard try runningServer(start) != nil else { return false }
        return try !isStopping(start)
    }

    /// A server that was told to shut down still runs for as long as that takes, but will not come back by itself. The
    /// last thing it does is to remove its pid file.
    private func isStopping(_ start: UndoAction.ServerStart) throws(SystemError) -> Bool {
        guard let file = try SystemFile.readIfPresent(start.pidFile) else { return true }
        let lines = String(decoding: file, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        // LOCK_FILE_LINE_PM_STATUS of PostgreSQL's miscadmin.h.
        return lines.count > 7 && lines[7].hasPrefix("stopping")
    }

    /// Lets a shutdown come to its end; one that waits for its clients is told not to (fast, SIGINT).
    private func waitForShutdown(_ start: UndoAction.ServerStart) throws(SystemError) {
        guard let pid = try runningServer(start), let identity = try? table.identity(of: pid),
            let handle = try? ProcessHandle(opening: identity, in: table)
        else { return }
        try handle.send(.interrupt)
        _ = handle.hasEnded(within: 60_000)
    }

    /// The first line of the pid file.
    private func recordedPID(_ start: UndoAction.ServerStart) throws(SystemError) -> Int32? {
        guard let file = try SystemFile.readIfPresent(start.pidFile) else { return nil }
        let text = String(decoding: file, as: UTF8.self)
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
