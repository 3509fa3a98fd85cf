import Cgroups
import Glibc
import Journal
import LinuxSystem
import SyscallSupervisor

/// The dead-man's switch: watches the harness and undoes everything when it dies, hangs or runs too long.
struct Guardian {
    let options: GuardianOptions
    /// Answers the system calls of targets that were started under a filter.
    private let supervisor = SyscallSupervisor()

    init(options: GuardianOptions) {
        self.options = options
    }

    /// Why the watch ended.
    private enum Ending {
        case disarmed, died, hung, overdue
    }

    func run() -> GuardianProtocol.Exit {
        // Never fails for root unless RLIMIT_MEMLOCK was lowered; a guardian that can be swapped out still works.
        do throws(SystemError) { try MemoryLock.lockAll() } catch { report("\(error)") }
        guard let identity = options.harness else { return .usage }
        do throws(SystemError) {
            try supervise()
        } catch {
            report("\(error)")
            return .unavailable
        }
        let exit = watchAndUndo(identity)
        stayWithTargets()
        return exit
    }

    private func watchAndUndo(_ identity: ProcessIdentity) -> GuardianProtocol.Exit {
        let harness: ProcessHandle
        do throws(SystemError) {
            harness = try ProcessHandle(opening: identity)
        } catch {
            report("harness \(identity) is gone before the watch began")
            return undoAll()
        }
        answer(GuardianProtocol.armed)
        switch watch(harness) {
        case .disarmed:
            break
        case .died:
            report("harness \(identity) died: undoing")
        case .hung:
            report("harness \(identity) was silent for \(options.heartbeatMilliseconds) ms: killing it, undoing")
            stop(harness)
        case .overdue:
            report("run passed its deadline: killing harness \(identity), undoing")
            stop(harness)
        }
        return undoAll()
    }

    /// From here on targets can be brought; before the watch, so that none of them waits for it.
    private func supervise() throws(SystemError) {
        try supervisor.start(
            control: RecordSocket(owning: OwnedDescriptor(owning: GuardianProtocol.controlDescriptor)),
            door: RecordSocket(owning: OwnedDescriptor(owning: GuardianProtocol.doorDescriptor))
        ) { StandardError.line("brink-guardian: \($0)") }
    }

    /// A target that lives on after the undo would get ENOSYS from its filtered calls if nobody answered them.
    private func stayWithTargets() {
        // The kernel says that a killed target is gone a moment after its cgroup is.
        let patience = MonotonicClock.now() + .milliseconds(300)
        while supervisor.targetCount > 0, MonotonicClock.now() < patience { MonotonicClock.pause(milliseconds: 5) }
        guard supervisor.targetCount > 0 else { return }
        var byte = GuardianProtocol.undone
        // A harness that is gone need not know.
        _ = write(GuardianProtocol.answerDescriptor, &byte, 1)
        // Nobody should wait for the end of what this process merely has open.
        close(GuardianProtocol.lockDescriptor)
        let nowhere = open("/dev/null", O_RDWR | O_CLOEXEC)
        if nowhere >= 0 { for number in 0...2 { dup2(nowhere, Int32(number)) } }
        while supervisor.targetCount > 0 { MonotonicClock.pause(milliseconds: 200) }
    }

    /// Waits until the harness says it is done, ends, falls silent or runs too long.
    private func watch(_ harness: borrowing ProcessHandle) -> Ending {
        let deadline = MonotonicClock.now() + .milliseconds(options.deadlineMilliseconds)
        var lastBeat = MonotonicClock.now()
        var entries = [
            pollfd(fd: GuardianProtocol.heartbeatDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: harness.descriptorNumber, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let count = poll(&entries, 2, 50)
            if entries[1].revents != 0 { return .died }
            if count > 0, entries[0].revents != 0 {
                var bytes = [UInt8](repeating: 0, count: 256)
                let read = Glibc.read(GuardianProtocol.heartbeatDescriptor, &bytes, bytes.count)
                if read == 0 {
                    // The pipe's end comes a moment before the process's; a harness that only closed it is hung.
                    return harness.hasEnded(within: 1000) ? .died : .hung
                }
                if read > 0 {
                    if bytes[0..<read].contains(GuardianProtocol.disarm) { return .disarmed }
                    lastBeat = MonotonicClock.now()
                }
            }
            let now = MonotonicClock.now()
            if now >= deadline { return .overdue }
            if now - lastBeat >= .milliseconds(Int64(options.heartbeatMilliseconds)) { return .hung }
        }
    }

    /// The harness must not go on injecting while its changes are undone.
    private func stop(_ harness: borrowing ProcessHandle) {
        do throws(SystemError) { try harness.send(.kill) } catch { report("\(error)") }
        if !harness.hasEnded(within: 5000) { report("the harness does not end; undoing all the same") }
    }

    private func undoAll() -> GuardianProtocol.Exit {
        leaveTree()
        do throws(JournalError) {
            guard SystemFile.exists(options.journal) else { return .clean }
            let journal = try Journal(path: options.journal)
            if journal.isClosed { return .clean }
            let summary = try JournalReplay().run(journal)
            for residue in summary.residues { report("\(residue.change.owner): \(residue.outcome)") }
            return summary.residues.isEmpty ? .clean : .residue
        } catch {
            report("\(error)")
            return .residue
        }
    }

    /// The tree cannot be removed while the guardian is in it.
    private func leaveTree() {
        guard let home = options.home else { return }
        do throws(SystemError) {
            try CgroupMove.moveOwnProcess(to: home)
        } catch {
            report("\(error)")
        }
    }

    private func answer(_ byte: UInt8) {
        var byte = byte
        if write(GuardianProtocol.answerDescriptor, &byte, 1) != 1 { report("the harness does not listen") }
    }

    private func report(_ message: String) {
        StandardError.line("brink-guardian: \(message)")
    }
}
