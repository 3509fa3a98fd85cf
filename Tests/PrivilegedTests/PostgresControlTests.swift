import Foundation
import LinuxSystem
import Testing

@testable import Postgres

extension PrivilegedSuite {
    /// A PostgreSQL that somebody's own tool started: afterwards that tool still knows it, and can stop it.
    @Suite(.serialized) struct PostgresControlTests {
        private static let faults = """
            phases: {baseline: 0s, run: 60s, recovery: 0s, untilRecovered: true}
            faults:
            - {id: killed, at: 0s, postgres.kill: {target: db, role: postmaster, tree: true, restartAfter: 1s}}
            - {id: fast, after: killed, postgres.restart: {target: db, mode: fast}}
            """

        private func isBroughtBack(_ dataDirectory: String, in place: String) throws {
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: control
                targets: {db: {postgres: {data: \(dataDirectory)}}}
                \(Self.faults)
                """, in: place)
            let result = try BrinkCommand(in: place).run(["run", path])
            #expect(result.code == 0, "\(result.all)")
        }

        /// Debian's way: configuration in /etc/postgresql, a log in /var/log/postgresql.
        @Test func aClusterOfPgCtlcluster() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let version = "\(try PostgresInstallation.newest().version)"
            let name = "brink\(UInt32.random(in: .min ... .max))"
            let data = "/var/lib/postgresql/\(version)/\(name)"
            try PrivilegedSuite.call("/usr/bin/pg_createcluster", [version, name, "--", "--no-sync"])
            try PrivilegedSuite.call(
                "/usr/bin/pg_ctlcluster", ["--skip-systemctl-redirect", version, name, "start"])
            let before = try PostmasterFile(dataDirectory: data).pid
            try isBroughtBack(data, in: place)
            #expect(try PostmasterFile(dataDirectory: data).pid != before)
            let list = try PrivilegedSuite.call("/usr/bin/pg_lsclusters", ["--no-header"])
            let line = try #require(list.split(separator: "\n").first { $0.contains(" \(name) ") }, "\(list)")
            #expect(line.contains(" online "), "\(line)")
            // It writes where it wrote before; the second restart may find it before it was ready after the first.
            let log = try SystemFile.readText("/var/log/postgresql/postgresql-\(version)-\(name).log")
            #expect(log.components(separatedBy: "ready to accept connections").count >= 3, "\(log)")
            try PrivilegedSuite.call(
                "/usr/bin/pg_ctlcluster", ["--skip-systemctl-redirect", version, name, "stop"])
            try PrivilegedSuite.call("/usr/bin/pg_dropcluster", [version, name])
        }

        @Test func aServerOfPgCtl() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let foreign = try ForeignCluster(isStarted: false)
            let data = foreign.cluster.dataDirectory
            let program = "\(try PostgresInstallation.newest().binaries)/pg_ctl"
            func control(_ arguments: String...) throws -> String {
                try PrivilegedSuite.call(program, ["-D", data, "-w"] + arguments, as: foreign.owner)
            }
            _ = try control("-l", "\(foreign.folder)/pg_ctl.log", "start")
            try isBroughtBack(data, in: place)
            let pid = try PostmasterFile(dataDirectory: data).pid
            let status = try control("status")
            #expect(status.contains("server is running (PID: \(pid))"), "\(status)")
            _ = try control("restart")
            _ = try control("-m", "immediate", "stop")
            try foreign.remove()
        }

        /// Started again from here, it would listen where nobody looks for it.
        @Test func aServerInANetworkOfItsOwnIsLeftAlone() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let foreign = try ForeignCluster(isStarted: false)
            let data = foreign.cluster.dataDirectory
            let program = "\(try PostgresInstallation.newest().binaries)/pg_ctl"
            let name = "brink\(UInt32.random(in: .min ... .max))"
            try PrivilegedSuite.call("/sbin/ip", ["netns", "add", name])
            try PrivilegedSuite.call("/sbin/ip", ["-n", name, "link", "set", "lo", "up"])
            try PrivilegedSuite.call(
                "/usr/bin/nsenter",
                [
                    "--net=/run/netns/\(name)", "--", "/usr/bin/setpriv", "--reuid=\(foreign.owner.user)",
                    "--regid=\(foreign.owner.group)", "--clear-groups", program, "-D", data, "-w", "-l",
                    "\(foreign.folder)/pg_ctl.log", "start",
                ])
            let pid = try PostmasterFile(dataDirectory: data).pid
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: elsewhere
                targets: {db: {postgres: {data: \(data)}}}
                phases: {baseline: 0s, run: 2s, recovery: 0s}
                faults: [{id: f, at: 0s, postgres.kill: {target: db, role: postmaster}}]
                """, in: place)
            let result = try BrinkCommand(in: place).run(["run", path])
            #expect(result.code != 0 && result.all.contains("another network namespace"), "\(result.all)")
            #expect(try PostmasterFile(dataDirectory: data).pid == pid)
            try PrivilegedSuite.call(program, ["-D", data, "-w", "-m", "immediate", "stop"], as: foreign.owner)
            try PrivilegedSuite.call("/sbin/ip", ["netns", "del", name])
            try foreign.remove()
        }
    }
}
