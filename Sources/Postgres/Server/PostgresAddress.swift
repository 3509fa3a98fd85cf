import LinuxSystem

/// Where a server takes connections, in its own network namespace.
public struct PostgresAddress: Hashable, Sendable {
    /// For libpq's `host`: an address, or the folder of the server's Unix socket.
    public let host: String
    public let port: Int
}

extension PostgresServer {
    /// Where it listens now, as its postmaster wrote it down.
    /// - Throws: ENOENT while the server is down.
    public func address() throws(SystemError) -> PostgresAddress {
        let file = try PostmasterFile(dataDirectory: dataDirectory)
        let host: String
        switch file.listenAddress {
        case "": host = file.socketDirectory
        case "*", "0.0.0.0", "::": host = "127.0.0.1"
        default: host = file.listenAddress
        }
        guard !host.isEmpty else {
            throw SystemError(
                "find where PostgreSQL listens", on: dataDirectory, .noSuchFileOrDirectory,
                advice: "set listen_addresses or unix_socket_directories")
        }
        return PostgresAddress(host: host, port: file.port)
    }
}
