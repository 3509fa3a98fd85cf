import ArgumentParser

/// Where the cache's entries are, on the command line: `memory`, `table` or `redis://HOST:PORT`.
enum CachePlace: ExpressibleByArgument, Sendable, Equatable {
    case memory
    case table
    /// `host:port`.
    case redis(String)

    init?(argument: String) {
        switch argument {
        case "memory": self = .memory
        case "table": self = .table
        default:
            let scheme = "redis://"
            guard argument.hasPrefix(scheme) else { return nil }
            let address = argument.dropFirst(scheme.count)
            guard let colon = address.lastIndex(of: ":"), colon > address.startIndex,
                let port = Int(address[address.index(after: colon)...]), (1...65_535).contains(port)
            else { return nil }
            self = .redis(String(address))
        }
    }

    var defaultValueDescription: String {
        switch self {
        case .memory: "memory"
        case .table: "table"
        case .redis(let address): "redis://\(address)"
        }
    }
}
