import IssuerClient

/// The built `issuer` as a process of its own.
public final class RunningIssuer: Sendable {
    public static let secret = "only-for-this-test"

    private let program: RunningProgram
    public let client: IssuerClient

    public var url: String { "http://\(client.address)" }

    /// - Parameter hasControl: whether its control endpoint is open.
    public init(_ arguments: [String] = [], hasControl: Bool = true) async throws {
        program = try await RunningProgram(
            "issuer", ["--port", "0"] + arguments,
            environment: hasControl ? ["ISSUER_CONTROL_TOKEN": Self.secret] : [:])
        client = IssuerClient(address: program.address, controlToken: Self.secret)
    }

    public var pid: Int32 { program.pid }

    public func end() async throws { try await program.end() }
}
