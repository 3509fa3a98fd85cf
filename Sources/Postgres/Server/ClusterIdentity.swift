import LinuxSystem

extension PostgresServer {
    /// The number that initdb gave the cluster and that no other has, as the data directory says it.
    ///
    /// It is the first field of `global/pg_control`, in the byte order of the machine (PostgreSQL, catalog/pg_control.h:
    /// `ControlFileData.system_identifier`); `SELECT system_identifier FROM pg_control_system()` says the same.
    public func systemIdentifier() throws(SystemError) -> UInt64 {
        let path = "\(dataDirectory)/global/pg_control"
        let bytes = try SystemFile.read(path).prefix(8)
        guard bytes.count == 8 else {
            throw SystemError("read the system identifier", on: path, .invalidArgument, advice: "the file is too short")
        }
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The process of the server behind a session.
    /// - Parameter pid: as `pg_backend_pid()` says it, which is that of the server's own pid namespace.
    /// - Returns: nil when no process below the postmaster is called so there: what answered is another server.
    public func backend(_ pid: Int32, in table: ProcessTable = ProcessTable()) throws(SystemError) -> ProcessIdentity? {
        for process in try table.descendants(of: [try postmaster().pid]) {
            // One that ends between the listing and this look is not the one that answers.
            guard let inner = try? table.innermostPID(of: process), inner == pid else { continue }
            return try? table.identity(of: process)
        }
        return nil
    }
}
