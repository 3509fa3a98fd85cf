import Cgroups
import Engine
import Journal
import LinuxSystem
import SystemPackage

extension Change {
    /// Sets a knob of the target's cgroup for as long as the fault lasts: through systemd where the target is a unit and
    /// the knob is one that systemd writes, else straight.
    /// - Parameter value: exactly as the kernel will show it, without the newline.
    static func knob(_ knob: String, of target: ResolvedTarget, to value: String) throws -> Change {
        let cgroup = try target.requireCgroup(for: knob)
        if let unit = target.unit, let change = try unitKnob(knob, of: cgroup, unit, to: value) { return change }
        return try kernelKnob(knob, of: cgroup, to: value)
    }

    /// Sets a cgroup knob and reads it back. The undo writes the exact bytes that were there. Also of a unit, where a
    /// fault moves the knob faster than systemd could.
    /// - Parameters:
    ///   - value: exactly as the kernel will show it, without the newline.
    ///   - sideEffects: what the kernel may show instead while another of the fault's knobs is set.
    static func kernelKnob(
        _ knob: String, of cgroup: Cgroup, to value: String, sideEffects: [String] = []
    ) throws(SystemError) -> Change {
        let prior = try cgroup.read(knob)
        guard prior.trimmedText != value else {
            throw SystemError(
                "change \(knob)", on: cgroup.file(knob), .invalidArgument,
                advice: "it is \(value) already: the fault would change nothing")
        }
        let undo = UndoAction.Knob(
            file: cgroup.file(knob), inode: try cgroup.inode(), prior: prior,
            injected: ([value] + sideEffects).map { Array("\($0)\n".utf8) })
        return Change(
            subject: cgroup.file(knob), prior: prior.trimmedText, value: value, undo: .journaled(.restoreKnob(undo))
        ) {
            try await Blocking.run { try cgroup.write(knob, value) }
        }
    }
}
