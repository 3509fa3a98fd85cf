import Cgroups
import Faults
import Glibc
import Journal
import LinuxSystem
import Synchronization
import SyscallSupervisor

/// The harness's end of the line to its guardian.
public final class GuardianLink: Sendable {
    public let identity: ProcessIdentity
    /// The guardian's supervisor of system calls.
    public let syscalls: SupervisorControl
    /// Where brink-exec finds it.
    public let supervisorName: String
    private struct State: ~Copyable {
        var handle: ProcessHandle?
        var heartbeat: OwnedDescriptor?
        var answers: OwnedDescriptor?
    }

    private let state: Mutex<State>

    private init(
        handle: consuming ProcessHandle, heartbeat: consuming OwnedDescriptor, answers: consuming OwnedDescriptor,
        syscalls: SupervisorControl, supervisorName: String
    ) {
        identity = handle.identity
        self.syscalls = syscalls
        self.supervisorName = supervisorName
        state = Mutex(
            State(handle: consume handle, heartbeat: consume heartbeat, answers: consume answers))
    }

    /// Starts the guardian and waits until it watches.
    /// - Parameters:
    ///   - run: the run's id.
    ///   - lock: descriptor of the state folder's lock, which the guardian shares: while it undoes, no other run and no
    ///     `brink recover` begins.
    ///   - home: the cgroup folder it goes back to before the tree is removed; nil where there is no tree.
    ///   - oomScoreAdjustment: -1000 where memory is to become short; nil leaves the harness's own, as only
    ///     CAP_SYS_RESOURCE lowers it.
    ///   - deadline: longest run; then the guardian kills the harness and undoes everything.
    ///   - silence: longest time without a heartbeat.
    public static func arm(
        run: String, journal: String, lock: Int32, home: String?, oomScoreAdjustment: Int32? = -1000,
        deadline: Duration, silence: Duration
    ) throws -> GuardianLink {
        let own = try ProcessTable().ownIdentity()
        let beats = try OwnedDescriptor.pipe().split()
        let answers = try OwnedDescriptor.pipe().split()
        let beatRead = OwnedDescriptor(owning: beats.read)
        let beatWrite = OwnedDescriptor(owning: beats.write)
        let answerRead = OwnedDescriptor(owning: answers.read)
        let answerWrite = OwnedDescriptor(owning: answers.write)
        let supervisorName = "brink-\(run)"
        let door = try RecordSocket.listen(on: supervisorName)
        let (ownControl, itsControl) = try RecordSocket.pair()
        let control = SupervisorControl(RecordSocket(owning: OwnedDescriptor(owning: ownControl)))
        let guardiansControl = OwnedDescriptor(owning: itsControl)
        let request = SpawnRequest(
            try ProgramFolder.path(of: "brink-guardian"),
            [
                "--journal", journal, "--pid", String(own.pid), "--start-time", String(own.startTime),
                "--boot-id", own.bootID, "--heartbeat-ms", String(Int(silence / .milliseconds(1))),
                "--deadline-ms", String(Int(deadline / .milliseconds(1))),
            ] + (home.map { ["--home", $0] } ?? []),
            directory: "/", newSession: true, oomScoreAdjustment: oomScoreAdjustment,
            standardError: STDERR_FILENO,
            kept: [beatRead.number, answerWrite.number, lock, guardiansControl.number, door.number])
        let handle = try request.start()
        try beatRead.close()
        try answerWrite.close()
        try guardiansControl.close()
        try door.close()
        var entry = pollfd(fd: answerRead.number, events: Int16(POLLIN), revents: 0)
        var byte: UInt8 = 0
        guard poll(&entry, 1, 10_000) > 0, read(answerRead.number, &byte, 1) == 1, byte == GuardianProtocol.armed else {
            // Left alive it would take the end of the pipe for a hung harness.
            try handle.send(.kill)
            throw HarnessError(.preflight, "the guardian did not take up its watch; nothing was injected")
        }
        return GuardianLink(
            handle: handle, heartbeat: beatWrite, answers: answerRead, syscalls: control,
            supervisorName: supervisorName)
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

    /// Moves the guardian into its own cgroup, where it is protected from what happens elsewhere.
    public func enter(_ cgroup: Cgroup) throws(SystemError) {
        try SystemFile.writeOnce(cgroup.file("cgroup.procs"), Array("\(identity.pid)".utf8))
    }

    /// Says that all is done: the guardian undoes what is left (the tree) and ends. Blocks until it has.
    ///
    /// What it left, if anything, the journal and the host tell; a guardian that does not end is killed, so that its
    /// work can be done by another. One that is done but stays with targets which live on is left alone.
    public func disarm() throws(SystemError) {
        // Taken out of the lock first: heartbeats must not wait for the guardian's end.
        guard let handle = state.withLock({ $0.handle.take() }),
            let heartbeat = state.withLock({ $0.heartbeat.take() }),
            let answers = state.withLock({ $0.answers.take() })
        else { return }
        syscalls.close()
        var byte = GuardianProtocol.disarm
        // A guardian that is gone already does not read it.
        _ = write(heartbeat.number, &byte, 1)
        // Readable by its last word, hung up by its end.
        var entry = pollfd(fd: answers.number, events: Int16(POLLIN), revents: 0)
        if poll(&entry, 1, 60_000) > 0, read(answers.number, &byte, 1) == 1, byte == GuardianProtocol.undone {
            try heartbeat.close()
            return try answers.close()
        }
        if !handle.hasEnded(within: 5000) {
            try handle.send(.kill)
            _ = handle.hasEnded(within: 5000)
        }
        try heartbeat.close()
        try answers.close()
        _ = try handle.reap()
    }
}
