import LinuxSystem

extension UndoAction {
    /// Another table on a mapped device that Brink made.
    public struct DeviceSwap: Hashable, Sendable {
        /// The device's name, for people.
        public var name: String
        /// What it is found by: no other device has it.
        public var uuid: String
        public var prior: DeviceTable
        public var injected: DeviceTable

        public init(name: String, uuid: String, prior: DeviceTable, injected: DeviceTable) {
            self.name = name
            self.uuid = uuid
            self.prior = prior
            self.injected = injected
        }
    }
}

extension UndoAction.DeviceSwap {
    /// Puts the prior table in force, whatever moment of a swap its maker died at.
    func restore() throws(SystemError) -> UndoOutcome {
        guard let device = try DeviceMapper.device(of: uuid) else {
            return .targetGone("the device \(name) was removed")
        }
        guard device.table == prior || device.table == injected else {
            let seen = device.table.map { "\"\($0)\"" } ?? "no table of Brink's"
            return .conflict(
                "\(name) shows \(seen), neither the injected \"\(injected)\" nor the prior \"\(prior)\": someone else "
                    + "loaded it, so it was left alone")
        }
        let mapper = try DeviceMapper()
        // Before anything resumes the device: a resume would put it in force.
        if device.hasInactiveTable { try mapper.clear(uuid) }
        if device.table == prior {
            if device.isSuspended { try mapper.resume(uuid) }
            return device.hasInactiveTable || device.isSuspended ? .restored : .alreadyRestored
        }
        try mapper.put(prior, on: uuid)
        return .restored
    }

    /// What the device still shows of the change; nil for nothing.
    func residue(isOpen: Bool) throws(SystemError) -> String? {
        guard let device = try DeviceMapper.device(of: uuid) else { return nil }
        if device.isSuspended { return "\(name) is suspended: all that is asked of it waits" }
        guard device.table != prior, isOpen || device.table == injected else { return nil }
        return "\(name) shows \"\(device.table.map { "\($0)" } ?? "")\" instead of \"\(prior)\""
    }

    func write(to fields: inout FieldWriter) {
        fields.put(name)
        fields.put(uuid)
        for table in [prior, injected] {
            fields.put(table.sectors)
            fields.put(table.type)
            fields.put(table.parameters)
        }
    }

    init(from fields: inout FieldReader) throws(JournalError) {
        name = try fields.string()
        uuid = try fields.string()
        prior = DeviceTable(
            sectors: try fields.number(), type: try fields.string(), parameters: try fields.string())
        injected = DeviceTable(
            sectors: try fields.number(), type: try fields.string(), parameters: try fields.string())
    }
}
