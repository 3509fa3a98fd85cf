import Glibc
import LinuxSystem
import SystemPackage

extension Cgroup {
    /// Kills everything below (cgroup.kill), waits until it is gone and removes the folders, deepest first.
    ///
    /// rmdir straight after a kill gives EBUSY about half the time, so this waits for `populated 0` first and
    /// retries, both within the deadline. A cgroup that is not there counts as removed.
    /// - Throws: EBUSY when processes are left after the deadline.
    public func killAndRemove(within deadline: Duration = .seconds(5)) throws(SystemError) {
        guard exists else { return }
        let end = MonotonicClock.now() + deadline
        if SystemFile.exists(file("cgroup.kill")) {
            // A frozen cgroup can be killed (cgroup-v2.rst, cgroup.freeze), so it need not be thawed first.
            try kill()
        }
        while try isPopulated(), MonotonicClock.now() < end { MonotonicClock.pause(milliseconds: 1) }
        try removeFolders(before: end)
    }

    /// Sends SIGKILL to every process in the cgroup and below (cgroup.kill, Linux 5.14).
    public func kill() throws(SystemError) {
        try SystemFile.writeOnce(file("cgroup.kill"), Array("1".utf8))
    }

    /// `populated` of cgroup.events: whether any live process is in the cgroup or below.
    public func isPopulated() throws(SystemError) -> Bool {
        try readCounters("cgroup.events")["populated"] == 1
    }

    private func removeFolders(before end: Duration) throws(SystemError) {
        for child in try children() { try child.removeFolders(before: end) }
        while rmdir(folder) != 0 {
            let failure = Errno(rawValue: Glibc.errno)
            if failure == .noSuchFileOrDirectory { return }
            guard failure == .resourceBusy, MonotonicClock.now() < end else {
                throw SystemError(
                    "remove cgroup", on: folder, failure,
                    advice: "processes left in it: \((try? allProcesses()) ?? [])")
            }
            MonotonicClock.pause(milliseconds: 1)
        }
    }
}
