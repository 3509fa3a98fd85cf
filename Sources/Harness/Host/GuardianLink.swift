import Cgroups
import Faults
import Glibc
import Journal
import LinuxSystem
import Synchronization

/// The harness's end of the line to its guardian.
public final class GuardianLink: Sendable {
    public let identity: ProcessIdentity
    private struct State: ~Copyable {
        var handle: ProcessHandle?
        var heartbeat: OwnedDescriptor?
    }

    private let state: Mutex<State>

    private init(handle: consuming ProcessHandle, heartbeat: consuming OwnedDescriptor) {
        identity = handle.identity
        state = Mutex(State(handle: consume handle, heartbeat: consume heartbeat))
    }

    /// Starts the guardian in its cgroup and waits until it watches.
    /// - Parameters:
    ///   - home: the cgroup folder it goes back to before the tree is removed.
    ///   - deadline: longest run; then the guardian kills the harness and undoes everything.
    ///   - silence: longest time without a heartbeat.
    public static func arm(
        journal: String, cgroup: Cgroup, home: String, deadline: Duration, silence: Duration
    ) throws -> GuardianLink {
        let own = try ProcessTable().ownIdentity()
        let beats = try OwnedDescriptor.pipe().split()
        let answers = try OwnedDescriptor.pipe().split()
        let beatRead = OwnedDescriptor(owning: beats.read)
        let beatWrite = OwnedDescriptor(owning: beats.write)
        let answerRead = OwnedDescriptor(owning: answers.read)
        let answerWrite = OwnedDescriptor(owning: answers.write)
        let request = SpawnRequest(
            try ProgramFolder.path(of: "brink-guardian"),
            [
                "--journal", journal, "--pid", String(own.pid), "--start-time", String(own.startTime),
                "--boot-id", own.bootID, "--heartbeat-ms", String(Int(silence / .milliseconds(1))),
                "--deadline-ms", String(Int(deadline / .milliseconds(1))), "--home", home,
            ],
            directory: "/", cgroup: cgroup.folder, newSession: true, oomScoreAdjustment: -1000,
            standardError: STDERR_FILENO, kept: [beatRead.number, answerWrite.number])
        let handle = try request.start()
        try beatRead.close()
        try answerWrite.close()
        var entry = pollfd(fd: answerRead.number, events: Int16(POLLIN), revents: 0)
        var byte: UInt8 = 0
        guard poll(&entry, 1, 10_000) > 0, read(answerRead.number, &byte, 1) == 1, byte == GuardianProtocol.armed else {
            throw HarnessError(.preflight, "the guardian did not take up its watch; nothing was injected")
        }
        try answerRead.close()
        return GuardianLink(handle: handle, heartbeat: beatWrite)
    }

    /// Tells the guardian that the harness lives. Its death is nothing the harness can do about here; see `isAlive`.
    public func beat() {
        state.withLock { state in
            var byte = GuardianProtocol.beat
            if let number = state.heartbeat?.number { _ = write(number, &byte, 1) }
        }
    }

    /// Whether the guardian still watches.
    public var isAlive: Bool {
        state.withLock { state in
            guard let handle = state.handle.take() else { return false }
            let hasEnded = handle.hasEnded()
            state.handle = consume handle
            return !hasEnded
        }
    }

    /// Says that all is done: the guardian undoes what is left (the tree) and ends.
    /// - Returns: whether it left nothing behind.
    public func disarm() throws -> Bool {
        try state.withLock { state in
            guard let handle = state.handle.take(), let heartbeat = state.heartbeat.take() else { return true }
            var byte = GuardianProtocol.disarm
            guard write(heartbeat.number, &byte, 1) == 1 else { return false }
            guard handle.hasEnded(within: 60_000) else { return false }
            let status = try handle.reap()
            try heartbeat.close()
            return status == GuardianProtocol.Exit.clean.rawValue
        }
    }
}
