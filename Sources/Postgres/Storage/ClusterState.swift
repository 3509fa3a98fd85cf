import LinuxSystem

extension PostgresServer {
    /// Whether the cluster was shut down in good order, with all in its files (PostgreSQL, catalog/pg_control.h:
    /// `ControlFileData.state` is DB_SHUTDOWNED).
    public func isShutDown() throws(SystemError) -> Bool {
        let path = "\(dataDirectory)/global/pg_control"
        let state = try SystemFile.read(path).dropFirst(16).prefix(4)
        return Array(state) == [1, 0, 0, 0] && !SystemFile.exists("\(dataDirectory)/postmaster.pid")
    }
}
