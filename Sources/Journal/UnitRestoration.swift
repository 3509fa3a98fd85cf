import Glibc
import LinuxSystem
import SystemPackage
import SystemdUnits

/// Gives a unit back its properties, in the order in which users notice: first the value, which takes effect at once,
/// then the drop-ins, then a daemon-reload, so that systemd knows of their end.
struct UnitRestoration {
    private let change: UndoAction.UnitKnob

    init(_ change: UndoAction.UnitKnob) {
        self.change = change
    }

    func restore() throws(SystemError) -> UndoOutcome {
        let systemd = try SystemdConnection()
        let unit = try systemd.unit(change.unit)
        // A unit that was removed, as one made for a container is at its end, has no properties any more.
        let isKnown = try systemd.text("LoadState", of: unit) == "loaded"
        var isRestored = false
        if isKnown {
            var properties: [(name: String, value: UInt64)] = []
            for setting in change.settings {
                let current = try systemd.number(setting.property, of: unit)
                if current == setting.prior { continue }
                guard current == setting.injected else {
                    return .conflict(
                        "\(setting.property) of \(change.unit) is \(current), neither the injected \(setting.injected) "
                            + "nor the prior \(setting.prior): someone else set it, so it was left alone")
                }
                properties.append((setting.property, setting.prior))
            }
            if !properties.isEmpty {
                try systemd.set(properties, of: unit)
                isRestored = true
            }
        }
        if try restoreDropIns() { isRestored = true }
        let isListed = try knowsRemovedDropIns(systemd, unit)
        if isRestored || isListed {
            try systemd.reload()
            guard try !knowsRemovedDropIns(systemd, unit) else {
                return .failed(
                    "systemd still has drop-ins of the change to \(change.unit) that Brink does not see: give it the "
                        + "host's /run, then run `brink recover`")
            }
            isRestored = true
        }
        guard isKnown else {
            return isRestored ? .restored : .targetGone("systemd has no unit \(change.unit) any more")
        }
        if let failure = try settleKernel(systemd, unit) { return failure }
        return isRestored ? .restored : .alreadyRestored
    }

    /// - Returns: whether there was anything to restore.
    private func restoreDropIns() throws(SystemError) -> Bool {
        var isRestored = false
        for setting in change.settings where try SystemFile.readIfPresent(setting.dropIn) != setting.priorBytes {
            if let bytes = setting.priorBytes {
                try SystemFile.makeFolders(SystemFile.parent(of: setting.dropIn), mode: 0o755)
                try SystemFile.replace(setting.dropIn, bytes, mode: 0o644)
            } else {
                try SystemFile.removeTree(setting.dropIn)
            }
            isRestored = true
        }
        // In any case: a crash can have come between a file and its folder.
        for setting in change.settings {
            let folder = SystemFile.parent(of: setting.dropIn)
            for empty in [folder, SystemFile.parent(of: folder)] where !change.keptFolders.contains(empty) {
                // Drop-ins of others may be there by now, or another fault's.
                guard rmdir(empty) == 0 || [ENOENT, ENOTEMPTY, EEXIST].contains(errno) else {
                    throw SystemError("remove folder", on: empty, Errno(rawValue: errno))
                }
            }
        }
        return isRestored
    }

    /// Whether systemd still lists a drop-in that is gone: a crash came between its end and the daemon-reload.
    private func knowsRemovedDropIns(
        _ systemd: borrowing SystemdConnection, _ unit: SystemdUnit
    ) throws(SystemError) -> Bool {
        let listed = try systemd.dropIns(of: unit)
        return change.settings.contains { $0.priorBytes == nil && listed.contains($0.dropIn) }
    }

    /// Waits for the kernel to show the prior bytes: systemd writes them a moment after it answered.
    private func settleKernel(
        _ systemd: borrowing SystemdConnection, _ unit: SystemdUnit
    ) throws(SystemError) -> UndoOutcome? {
        let end = MonotonicClock.now() + .seconds(2)
        var current = try change.current()
        while let bytes = current, !change.isPrior(bytes) {
            guard MonotonicClock.now() < end else { break }
            MonotonicClock.pause(milliseconds: 5)
            current = try change.current()
        }
        guard let current, !change.isPrior(current) else { return nil }
        for setting in change.settings where try systemd.number(setting.property, of: unit) != setting.prior {
            // The unit's files were changed meanwhile, and what they say now is none of Brink's doing.
            return change.knob.injected.contains(current)
                ? .failed("\(change.knob.file) still shows \"\(current.trimmedText)\"") : nil
        }
        // systemd is as before and the kernel is not: before the run someone had written the knob past systemd.
        if !change.knob.prior.isEmpty { try SystemFile.writeOnce(change.knob.file, change.knob.prior) }
        let seen = try change.current()
        guard change.isPrior(seen) else {
            return .failed(
                "set \(change.summary), but \(change.knob.file) shows \"\((seen ?? []).trimmedText)\" instead of "
                    + "\"\(change.knob.prior.trimmedText)\"")
        }
        return nil
    }
}
