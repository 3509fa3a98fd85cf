import Cgroups
import Engine
import Journal
import LinuxSystem
import SystemdUnits

extension Change {
    /// Sets a knob of a unit's cgroup by the unit's properties, so that systemd stays the one to write it: what is
    /// written past it is gone with the next daemon-reload.
    /// - Returns: nil for a knob that systemd leaves alone.
    static func unitKnob(
        _ knob: String, of cgroup: Cgroup, _ unit: UnitTarget, to value: String
    ) throws -> Change? {
        guard let wanted = try UnitSetting.settings(of: knob, value) else { return nil }
        // Without the controller there is no such file yet; systemd switches it on for the property.
        let prior = cgroup.has(knob) ? try cgroup.read(knob) : []
        let systemd = try SystemdConnection()
        let loaded = try systemd.unit(unit.name)
        var settings: [UndoAction.UnitKnob.Setting] = []
        for setting in wanted {
            let current = try systemd.number(setting.property, of: loaded)
            if setting.isGiven(by: current) { continue }
            let file = "\(unit.dropIns)/\(setting.dropIn)"
            settings.append(
                .init(
                    property: setting.property, prior: current, injected: setting.value, dropIn: file,
                    priorBytes: try SystemFile.readIfPresent(file)))
        }
        guard !settings.isEmpty, prior.trimmedText != value else {
            throw SystemError(
                "change \(knob)", on: "unit \(unit.name)", .invalidArgument,
                advice: prior.trimmedText == value
                    ? "it is \(value) already: the fault would change nothing"
                    : "systemd has that value, but the kernel shows \"\(prior.trimmedText)\": run systemctl daemon-reload"
            )
        }
        let change = UndoAction.UnitKnob(
            unit: unit.name,
            knob: .init(
                file: cgroup.file(knob), inode: try cgroup.inode(), prior: prior, injected: [Array("\(value)\n".utf8)]),
            settings: settings, keptFolders: unit.keptFolders)
        return Change(
            subject: cgroup.file(knob), prior: prior.isEmpty ? "absent" : prior.trimmedText, value: value,
            undo: .journaled(.restoreUnitKnob(change))
        ) {
            try await Blocking.run { try set(change) }
        }
    }

    private static func set(_ change: UndoAction.UnitKnob) throws {
        let systemd = try SystemdConnection()
        let unit = try systemd.unit(change.unit)
        try systemd.set(change.settings.map { ($0.property, $0.injected) }, of: unit)
        // What cannot be found could not be taken away either.
        for setting in change.settings where !SystemFile.exists(setting.dropIn) {
            throw FaultError(
                "set \(setting.property) of \(change.unit), but systemd made no \(setting.dropIn): is it on the host's "
                    + "/run that Brink sees?")
        }
        // systemd writes the knob a moment after it answered.
        let end = MonotonicClock.now() + .seconds(5)
        var current = try change.current()
        while !change.knob.injected.contains(current ?? []) {
            guard MonotonicClock.now() < end else {
                throw FaultError(
                    "set \(change.settings.map(\.property).joined(separator: " and ")) of \(change.unit), but "
                        + "\(change.knob.file) shows \"\((current ?? []).trimmedText)\" instead of "
                        + "\"\((change.knob.injected.first ?? []).trimmedText)\"")
            }
            MonotonicClock.pause(milliseconds: 2)
            current = try change.current()
        }
    }
}
