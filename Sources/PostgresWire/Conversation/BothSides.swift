/// A value for each side of a connection.
struct BothSides<Value> {
    var client: Value
    var server: Value

    subscript(side: WireSide) -> Value {
        get { side == .client ? client : server }
        // In place: what is copied here would be the bytes a cutter holds.
        _modify {
            switch side {
            case .client: yield &client
            case .server: yield &server
            }
        }
    }
}

extension BothSides: Sendable where Value: Sendable {}
