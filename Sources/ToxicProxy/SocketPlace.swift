/// Where a socket is made: it belongs to the network namespace that it was made in, for good (network_namespaces(7)).
///
/// Runs the body there and gives back what that returns, or -errno when the place cannot be entered.
public typealias SocketPlace = @Sendable (_ make: @escaping @Sendable () -> Int32) -> Int32
