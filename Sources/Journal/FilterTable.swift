import LinuxSystem

extension UndoAction {
    /// A table of nftables that Brink made in a network namespace, family `inet`.
    public struct FilterTable: Hashable, Sendable {
        public var namespace: NetworkNamespace
        /// Nobody else's: it is made for the run.
        public var name: String

        public init(namespace: NetworkNamespace, name: String) {
            self.namespace = namespace
            self.name = name
        }

        /// Whether the kernel has it.
        func isThere() throws(SystemError) -> Bool {
            let tables = try NetworkTool.nft.run(["list", "tables", "inet"], in: namespace)
            return tables.trimmedText.split(separator: "\n").contains("table inet \(name)")
        }

        func remove() throws(SystemError) -> UndoOutcome {
            guard try namespace.exists() else {
                return .targetGone("no process is in the network namespace \(namespace) and no mount holds it")
            }
            guard try isThere() else { return .alreadyRestored }
            try NetworkTool.nft.run(["delete", "table", "inet", name], in: namespace)
            return try isThere() ? .failed("table inet \(name) of \(namespace) is still there") : .restored
        }

        /// What is still there; nil for nothing.
        func residue() throws(SystemError) -> String? {
            guard try namespace.exists(), try isThere() else { return nil }
            return "table inet \(name) is still in \(namespace)"
        }
    }
}

extension UndoAction.FilterTable {
    func write(to fields: inout FieldWriter) {
        fields.put(namespace.inode)
        fields.put(namespace.cookie)
        fields.put(name)
    }

    init(from fields: inout FieldReader) throws(JournalError) {
        namespace = NetworkNamespace(inode: try fields.number(), cookie: try fields.number())
        name = try fields.string()
    }
}
