/// One end of a PostgreSQL connection: the frontend or the backend of the protocol.
public enum WireSide: String, Hashable, Sendable, CaseIterable, Codable {
    case client, server

    public var opposite: WireSide { self == .client ? .server : .client }
}
