import Cgroups
import Engine
import Journal
import LinuxSystem
import SystemPackage

extension Change {
    /// Sets a cgroup knob and reads it back. The undo writes the exact bytes that were there.
    /// - Parameters:
    ///   - value: exactly as the kernel will show it, without the newline.
    ///   - sideEffects: what the kernel may show instead while another of the fault's knobs is set.
    static func knob(
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
