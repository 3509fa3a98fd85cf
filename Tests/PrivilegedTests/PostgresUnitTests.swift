import Foundation
import LinuxSystem
import Postgres
import Testing

extension PrivilegedSuite {
    /// A PostgreSQL that is a service of a real systemd.
    @Suite(.serialized) struct PostgresUnitTests {
        private static let unit = "brink-postgres.service"

        /// systemd, and nobody else, starts it again: it is the unit's main process afterwards, in the unit's cgroup.
        @Test func aServerOfAUnitIsStartedBySystemd() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let foreign = try ForeignCluster(isStarted: false)
            let host = try SystemdHost()
            let file = "\(place)/\(Self.unit)"
            let programs = try PostgresInstallation.newest().binaries
            let text = """
                [Unit]
                DefaultDependencies=no
                [Service]
                User=postgres
                ExecStart=\(programs)/postgres -D \(foreign.cluster.dataDirectory)
                KillMode=mixed

                """
            try SystemFile.replace(file, Array(text.utf8), mode: 0o644)
            try host.call(["/bin/cp", file, "/run/systemd/system/"])
            try host.systemctl(["daemon-reload"])
            try host.systemctl(["start", Self.unit])
            let before = try ready(foreign, host)
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: unit
                targets: {db: {postgres: {data: \(foreign.cluster.dataDirectory)}}}
                phases: {baseline: 0s, run: 60s, recovery: 0s, untilRecovered: true}
                faults:
                - {id: killed, at: 0s, postgres.kill: {target: db, role: postmaster, tree: true, restartAfter: 1s}}
                - {id: fast, after: killed, postgres.restart: {target: db, mode: fast}}
                - {id: refused, after: fast, for: 3s, postgres.refuse_start: {target: db}}
                """, in: place)
            let begin = MonotonicClock.now()
            let result = try host.brink(in: place).run(["run", path])
            #expect(result.code == 0, "\(result.all)")
            // A unit that gave up is not waited for until its start would have timed out.
            #expect(MonotonicClock.now() - begin < .seconds(80), "\(result.all)")
            let after = try ready(foreign, host)
            #expect(after != before)
            let status = try host.systemctl(["show", Self.unit, "-p", "MainPID,ActiveState"])
            #expect(status.contains("ActiveState=active") && status.contains("MainPID=\(after)\n"), "\(status)")
            try host.systemctl(["stop", Self.unit])
            try host.remove()
            try foreign.remove()
        }

        /// - Returns: the postmaster's pid, by the host's own pids.
        private func ready(_ foreign: ForeignCluster, _ host: SystemdHost) throws -> String {
            let file = "\(foreign.cluster.dataDirectory)/postmaster.pid"
            let end = MonotonicClock.now() + .seconds(60)
            while true {
                let lines = (try? SystemFile.readText(file))?.split(separator: "\n").map(String.init) ?? []
                if let pid = lines.first, lines.last?.hasPrefix("ready") ?? false { return pid }
                let status = try host.systemctl(["show", Self.unit, "-p", "ActiveState,Result"])
                try #require(MonotonicClock.now() < end, "the server did not come: \(status)")
                MonotonicClock.pause(milliseconds: 50)
            }
        }
    }
}
