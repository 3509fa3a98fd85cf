import Engine
import Journal
import LinuxSystem

extension Change {
    /// Puts another table in force on a volume's device. The undo puts back the one that was.
    /// - Parameter injected: made from the table that is in force; nil when that is not linear.
    static func deviceTable(
        of volume: MappedVolume, for fault: String, injected make: (DeviceTable) -> DeviceTable?
    ) throws -> Change {
        guard let device = try DeviceMapper.device(of: volume.uuid) else {
            throw FaultError("\(fault): the device \(volume.deviceName) is gone")
        }
        guard let prior = device.table, let injected = make(prior), !device.isSuspended, !device.hasInactiveTable else {
            let state = device.isSuspended ? "is suspended" : device.hasInactiveTable ? "has another table loaded" : ""
            let table = device.table.map { "shows \"\($0)\"" } ?? "has no single table"
            throw FaultError(
                "\(fault): \(volume.deviceName) \(state.isEmpty ? table : state), where Brink left it linear: another "
                    + "fault is active on it, or someone else changed it")
        }
        let swap = UndoAction.DeviceSwap(
            name: volume.deviceName, uuid: volume.uuid, prior: prior, injected: injected)
        return Change(
            subject: "device \(volume.deviceName)", prior: "\(prior)", value: "\(injected)",
            undo: .journaled(.restoreDeviceTable(swap))
        ) {
            try await Blocking.run {
                let mapper = try DeviceMapper()
                try mapper.put(injected, on: volume.uuid)
            }
        }
    }
}

extension MappedVolume {
    /// A block of its device that no file system uses.
    func spareBlock() throws(SystemError) -> DirectBlock {
        guard let device = try DeviceMapper.device(of: uuid), let table = device.table else {
            throw SystemError(
                "find the mapped device", on: deviceName, .noSuchAddressOrDevice, advice: "it was removed meanwhile")
        }
        return DirectBlock(of: device.path, at: table.bytes - MappedVolume.spareBytes)
    }
}
