import Cgroups
import LinuxSystem
import Scenarios

/// Programs that Brink knows nothing of.
extension ServiceLauncher {
    func startCommand(
        _ id: String, _ settings: Service.Command, _ cgroup: Cgroup
    ) async throws -> RunningService {
        let (process, log) = try launch(id, settings.path, settings.arguments, in: cgroup)
        if let url = settings.readyURL { try await waitForAnswer(url, of: process, log) }
        return RunningService(id: id, cgroup: cgroup, process: process, logFile: log)
    }
}
