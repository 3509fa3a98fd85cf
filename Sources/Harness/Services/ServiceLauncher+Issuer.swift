import Cgroups
import Engine
import Faults
import IssuerClient
import LinuxSystem
import Scenarios

/// Issuers of tokens.
extension ServiceLauncher {
    func startIssuer(_ id: String, _ settings: Service.Issuer, _ cgroup: Cgroup) async throws -> RunningService {
        let (client, process, log) = try await launchIssuer(
            id, ["--token-life", String(settings.tokenLife.inSeconds)], cgroup)
        return RunningService(
            id: id, cgroup: cgroup, process: process, address: client.address, issuer: client, logFile: log)
    }

    /// For a service that names none.
    func startOwnIssuer(of service: String) async throws -> IssuerClient {
        // Only attempts to get in use the other key.
        let arguments = scenario.bypass == nil ? ["--no-rsa"] : []
        return try await launchIssuer("\(service)-issuer", arguments, tree.make(service: "load")).client
    }

    private func launchIssuer(
        _ id: String, _ arguments: [String], _ cgroup: Cgroup
    ) async throws -> (client: IssuerClient, process: ProcessIdentity, log: String) {
        let port = try FreePort.find()
        let secret = ServiceLauncher.newSecret()
        let (process, log) = try launch(
            id, try ProgramFolder.path(of: "issuer"), ["--port", String(port)] + arguments, in: cgroup,
            environment: ["ISSUER_CONTROL_TOKEN": secret])
        try await waitForListener("127.0.0.1", port, of: process, log)
        return (IssuerClient(address: "127.0.0.1:\(port)", controlToken: secret), process, log)
    }

    /// For a control endpoint: known to this process and the service alone, and written nowhere.
    static func newSecret() -> String {
        (0..<4).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }.joined()
    }
}
