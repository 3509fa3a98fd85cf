import LinuxSystem

extension UndoAction {
    /// One setting below /proc/sys/net of one network namespace, with its values as the kernel shows them, newline
    /// included. The file is another one in every namespace, so it is read and written from inside.
    public struct NetworkKnob: Hashable, Sendable {
        /// Absolute path below /proc/sys/net.
        public var file: String
        public var namespace: NetworkNamespace
        public var prior: [UInt8]
        public var injected: [UInt8]

        public init(file: String, namespace: NetworkNamespace, prior: [UInt8], injected: [UInt8]) {
            self.file = file
            self.namespace = namespace
            self.prior = prior
            self.injected = injected
        }

        /// What the kernel shows now.
        /// - Throws: ENOENT when the namespace is gone.
        public func current() throws(SystemError) -> [UInt8] {
            try namespace.run { [file] () throws(SystemError) in try SystemFile.read(file) }
        }

        /// Writes from inside the namespace.
        public func write(_ bytes: [UInt8]) throws(SystemError) {
            try namespace.run { [file] () throws(SystemError) in try SystemFile.writeOnce(file, bytes) }
        }

        /// Says which of the many files of that name.
        public var name: String { "\(file) in \(namespace)" }
    }
}

extension UndoAction.NetworkKnob {
    func write(to fields: inout FieldWriter) {
        fields.put(file)
        fields.put(namespace.inode)
        fields.put(namespace.cookie)
        fields.put(prior)
        fields.put(injected)
    }

    init(from fields: inout FieldReader) throws(JournalError) {
        file = try fields.string()
        namespace = NetworkNamespace(inode: try fields.number(), cookie: try fields.number())
        prior = try fields.bytes()
        injected = try fields.bytes()
    }
}
