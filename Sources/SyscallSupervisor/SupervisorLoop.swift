import CLinux
import Glibc
import LinuxSystem
import SyscallRules
import SystemPackage

/// The supervisor's thread: waits for the harness, for newcomers and for calls, and never for any one of them alone.
final class SupervisorLoop {
    private var control: RecordSocket?
    private let door: RecordSocket
    private let report: @Sendable (String) -> Void
    private let countChanged: @Sendable (Int) -> Void
    private var newcomers: [Newcomer] = []
    private var targets: [SupervisedTarget] = []
    private var decisions = SyscallDecisions()
    private var nextSweep = Duration.zero
    private var entries: [pollfd] = []

    init(
        control: consuming RecordSocket, door: consuming RecordSocket, report: @escaping @Sendable (String) -> Void,
        countChanged: @escaping @Sendable (Int) -> Void
    ) {
        self.control = consume control
        self.door = door
        self.report = report
        self.countChanged = countChanged
    }

    /// Returns when the harness is gone and no target is left.
    func run() {
        while control != nil || !newcomers.isEmpty || !targets.isEmpty {
            wait()
            let polled = targets
            let firstTarget = 2 + newcomers.count
            // An order of the harness comes before the calls that it is about.
            if entries[0].revents != 0 { listenToHarness() }
            if entries[1].revents != 0 { openDoor() }
            newcomers = newcomers.filter { stays($0) }
            for (offset, target) in polled.enumerated() {
                let events = entries[firstTarget + offset].revents
                if events & Int16(POLLIN) != 0 {
                    attempt { () throws(SystemError) in try answerNext(of: target) }
                } else if events != 0 {
                    // Hung up: no thread is left under the filter.
                    targets.removeAll { $0 === target }
                }
            }
            releaseHeldCalls()
            sweep()
            countChanged(newcomers.count + targets.count)
        }
    }

    // MARK: Waiting

    private func wait() {
        entries.removeAll(keepingCapacity: true)
        // poll(2) passes over a negative descriptor.
        entries.append(entry(control?.number ?? -1))
        entries.append(entry(door.number))
        for newcomer in newcomers { entries.append(entry(newcomer.socket.number)) }
        for target in targets { entries.append(entry(target.listener.number)) }
        if cl_wait_ready(&entries, entries.count, nanosecondsToWait()) < 0 { MonotonicClock.pause(milliseconds: 1) }
    }

    private func entry(_ number: Int32) -> pollfd { pollfd(fd: number, events: Int16(POLLIN), revents: 0) }

    /// Until something is due by itself; negative when nothing is.
    private func nanosecondsToWait() -> Int64 {
        var due: Duration?
        let note = { (moment: Duration) in due = min(due ?? moment, moment) }
        for target in targets { for call in target.held { note(call.due) } }
        // A listener says to nobody that it has come into being.
        if newcomers.contains(where: { $0.name != nil }) { note(MonotonicClock.now() + .milliseconds(1)) }
        if !decisions.isIdle { note(nextSweep) }
        guard let due else { return -1 }
        let rest = max(.zero, due - MonotonicClock.now())
        return rest.components.seconds * 1_000_000_000 + rest.components.attoseconds / 1_000_000_000
    }

    // MARK: The harness

    private func listenToHarness() {
        var isOpen = false
        attempt { () throws(SystemError) in
            guard let text = try control?.receive() else { return }
            let reply = SupervisorRequest(text).map(carryOut) ?? .refused("\"\(text)\" is no request")
            try control?.send(reply.text)
            isOpen = true
        }
        guard !isOpen else { return }
        control = nil
        decisions.switchAllOff()
        releaseCalls { _ in true }
    }

    private func carryOut(_ request: SupervisorRequest) -> SupervisorReply {
        switch request {
        case .isAdopted(let target):
            return targets.contains { $0.name == target } ? .done : .refused("\(target) is not under a filter")
        case .switchOn(let id, let target, let rules):
            guard targets.contains(where: { $0.name == target }) else {
                return .refused("nothing that was started under a filter as \(target) still runs")
            }
            releaseCalls { $0 == id }
            decisions.switchOn(rules, id: id, target: target)
            nextSweep = MonotonicClock.now() + .seconds(1)
            return .done
        case .switchOff(let id):
            decisions.switchOff(id)
            releaseCalls { $0 == id }
            return .done
        case .counts(let id):
            return decisions.counts(of: id).map { .counts($0) } ?? .refused("no rules are called \(id)")
        }
    }

    // MARK: Newcomers

    private func openDoor() {
        attempt { () throws(SystemError) in
            while let socket = try door.accept() {
                newcomers.append(try Newcomer(socket, now: MonotonicClock.now()))
            }
        }
    }

    /// Whether a newcomer goes on being one.
    private func stays(_ newcomer: Newcomer) -> Bool {
        var stays = false
        attempt { () throws(SystemError) in
            if newcomer.socket.isReadable() {
                // A second word, or the end, is that of a brink-exec that has failed.
                guard newcomer.name == nil, let name = try newcomer.socket.receive() else { return }
                newcomer.name = name
                try newcomer.socket.send(AdoptionProtocol.ready)
            }
            guard let name = newcomer.name else {
                stays = MonotonicClock.now() < newcomer.deadline
                return
            }
            guard let listener = try SeccompListener.duplicate(from: newcomer.process) else {
                stays = MonotonicClock.now() < newcomer.deadline
                return
            }
            targets.append(SupervisedTarget(name, listener, launcher: newcomer))
            try newcomer.socket.send(AdoptionProtocol.adopted)
        }
        return stays
    }

    // MARK: Calls

    private func answerNext(of target: SupervisedTarget) throws(SystemError) {
        guard let call = try target.listener.receive() else { return }
        guard target.hasBegun else {
            try target.listener.proceed(call.id)
            return
        }
        let answer = decisions.decide(target: target.name, number: call.number, thread: call.thread)
        if answer.delay > .zero {
            target.held.append(
                SupervisedTarget.HeldCall(id: call.id, answer: answer, due: MonotonicClock.now() + answer.delay))
        } else if !(try target.give(answer, to: call.id)) {
            decisions.withdraw(answer)
        }
    }

    /// Answers those whose delay is over.
    private func releaseHeldCalls() {
        guard targets.contains(where: { !$0.held.isEmpty }) else { return }
        let now = MonotonicClock.now()
        for target in targets {
            for call in target.held where call.due <= now {
                // The delay was given in any case, so one that has ended meanwhile stays counted.
                attempt { () throws(SystemError) in _ = try target.give(call.answer, to: call.id) }
            }
            target.held.removeAll { $0.due <= now }
        }
    }

    /// Lets calls that rules hold go on as if there were none: a rule's end leaves nothing behind.
    private func releaseCalls(of sources: (String?) -> Bool) {
        for target in targets {
            for call in target.held where sources(call.answer.source) {
                attempt { () throws(SystemError) in try target.listener.proceed(call.id) }
            }
            target.held.removeAll { sources($0.answer.source) }
        }
    }

    /// Forgets threads that have ended, now and then: their ids come back.
    private func sweep() {
        guard !decisions.isIdle else { return }
        let now = MonotonicClock.now()
        guard now >= nextSweep else { return }
        nextSweep = now + .seconds(1)
        decisions.forget(decisions.threads.filter { !SystemFile.exists("/proc/\($0)") })
    }

    private func attempt(_ body: () throws(SystemError) -> Void) {
        do throws(SystemError) { try body() } catch { report("syscall supervisor: \(error)") }
    }
}
