import LinuxSystem

extension UndoAction {
    /// A knob of a unit's cgroup that was changed through systemd, which is the one to write it: its properties, and
    /// the drop-ins in which systemd keeps what is set at run time.
    public struct UnitKnob: Hashable, Sendable {
        /// One property that stands for the knob or a part of it.
        public struct Setting: Hashable, Sendable {
            /// By its D-Bus name.
            public var property: String
            public var prior: UInt64
            public var injected: UInt64
            /// The drop-in that systemd writes for it.
            public var dropIn: String
            /// What the drop-in held; nil when it was not there.
            public var priorBytes: [UInt8]?

            public init(property: String, prior: UInt64, injected: UInt64, dropIn: String, priorBytes: [UInt8]?) {
                self.property = property
                self.prior = prior
                self.injected = injected
                self.dropIn = dropIn
                self.priorBytes = priorBytes
            }
        }

        /// The unit's own name.
        public var unit: String
        /// What the kernel shows; without prior bytes when the unit had no such knob until its controller was needed.
        public var knob: Knob
        public var settings: [Setting]
        /// Folders of drop-ins that were there before the run: systemd makes the others, and leaves them behind.
        public var keptFolders: [String]

        public init(unit: String, knob: Knob, settings: [Setting], keptFolders: [String]) {
            self.unit = unit
            self.knob = knob
            self.settings = settings
            self.keptFolders = keptFolders
        }

        /// Whether it is what the kernel showed before.
        func isPrior(_ current: [UInt8]?) -> Bool {
            // A controller that systemd switched on for the change shows its usual value until systemd lets go of it.
            if knob.prior.isEmpty { return current.map { !knob.injected.contains($0) } ?? true }
            return current == knob.prior
        }

        /// What the kernel shows now; nil when the unit has no such knob, or no longer runs in that cgroup.
        public func current() throws(SystemError) -> [UInt8]? {
            let folder = SystemFile.parent(of: knob.file)
            guard SystemFile.exists(folder), try SystemFile.inode(of: folder) == knob.inode else { return nil }
            return try SystemFile.readIfPresent(knob.file)
        }

        /// Whether the drop-ins are as they were.
        func dropInsArePrior() throws(SystemError) -> Bool {
            for setting in settings where try SystemFile.readIfPresent(setting.dropIn) != setting.priorBytes {
                return false
            }
            return true
        }

        var summary: String {
            let values = settings.map { "\($0.property)=\($0.prior == .max ? "infinity" : "\($0.prior)")" }
            return "\(values.joined(separator: " ")) of \(unit), with its drop-ins as they were"
        }
    }
}

extension UndoAction.UnitKnob {
    func write(to fields: inout FieldWriter) {
        fields.put(unit)
        knob.write(to: &fields)
        fields.put(settings.count)
        for setting in settings {
            fields.put(setting.property)
            fields.put(setting.prior)
            fields.put(setting.injected)
            fields.put(setting.dropIn)
            fields.put(setting.priorBytes == nil ? 0 : 1)
            fields.put(setting.priorBytes ?? [])
        }
        fields.put(keptFolders)
    }

    init(from fields: inout FieldReader) throws(JournalError) {
        unit = try fields.string()
        knob = try UndoAction.Knob(from: &fields)
        settings = []
        for _ in 0..<max(0, try fields.number(Int.self)) {
            var setting = Setting(
                property: try fields.string(), prior: try fields.number(), injected: try fields.number(),
                dropIn: try fields.string(), priorBytes: nil)
            let wasThere = try fields.number(Int.self) == 1
            let bytes = try fields.bytes()
            if wasThere { setting.priorBytes = bytes }
            settings.append(setting)
        }
        keptFolders = try fields.strings()
    }
}
