import LinuxSystem
import SystemPackage

extension UndoAction {
    /// A network namespace that Brink made, and the pair of interfaces that leads to it.
    public struct InterfacePair: Hashable, Sendable {
        /// The file on which the namespace is mounted, which keeps it.
        public var mount: String
        /// The end of the pair that is in Brink's own namespace.
        public var device: String

        public init(mount: String, device: String) {
            self.mount = mount
            self.device = device
        }

        func remove() throws(SystemError) -> UndoOutcome {
            var outcome = UndoOutcome.alreadyRestored
            if try NetworkDevices.names().contains(device) {
                // The other end goes with it.
                try NetworkTool.ip.run(["link", "delete", "dev", device])
                outcome = .restored
            }
            if try isMounted() {
                try FileSystemMount.unmount(mount, lazily: true)
                outcome = .restored
            }
            if SystemFile.exists(mount) {
                try SystemFile.removeTree(mount)
                outcome = .restored
            }
            return try residue().map { .failed($0) } ?? outcome
        }

        /// What is still there; nil for nothing.
        func residue() throws(SystemError) -> String? {
            if try NetworkDevices.names().contains(device) { return "the interface \(device) is still there" }
            if try isMounted() { return "the network namespace on \(mount) is still mounted" }
            return nil
        }

        private func isMounted() throws(SystemError) -> Bool {
            try FileSystemMount.all().contains { $0.folder == mount }
        }
    }
}

extension UndoAction.InterfacePair {
    func write(to fields: inout FieldWriter) {
        fields.put(mount)
        fields.put(device)
    }

    init(from fields: inout FieldReader) throws(JournalError) {
        mount = try fields.string()
        device = try fields.string()
    }
}
