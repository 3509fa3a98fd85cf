import Foundation
import Glibc
import LinuxSystem
import ProxyFixture
import Testing

extension PrivilegedSuite {
    /// `brink proxy` as a process of its own, so that what it has open and takes is its own: 20,000 sockets, and as many
    /// in the test, are more than most hosts allow without CAP_SYS_RESOURCE.
    @Suite(.serialized, .timeLimit(.minutes(5))) struct ManyConnectionsTests {
        /// A process with a proxy for each of the addresses.
        private struct Scene {
            let server: MannerServer
            let running: BrinkCommand.Running
            let ports: [UInt16]
            private let place: String
            private let limits: ResourceLimit.Values

            var pid: Int32 { running.identity.pid }

            /// - Parameter upstreams: the port that each proxy dials is the server's where it is 0.
            init(upstreams: [(host: String, port: UInt16)]) throws {
                limits = try ResourceLimit.openFiles.read(getpid())
                // The proxy inherits it.
                try ResourceLimit.openFiles.write(
                    getpid(), ResourceLimit.Values(soft: 65_536, hard: max(65_536, limits.hard)))
                let server = try MannerServer()
                place = try PrivilegedSuite.place()
                let ports = try upstreams.map { _ in try MannerServer.freePort() }
                let entries = zip(ports, upstreams).map { port, upstream in
                    """
                    {"name": "p\(port)", "listen": "127.0.0.1:\(port)", \
                    "upstream": "\(upstream.host):\(upstream.port == 0 ? server.port : upstream.port)"}
                    """
                }
                let file = "\(place)/proxies.json"
                try SystemFile.replace(file, Array("[\(entries.joined(separator: ", "))]".utf8))
                let running = try BrinkCommand(in: place).start(["proxy", "-port", "0", "-config", file])
                let end = MonotonicClock.now() + .seconds(30)
                while !running.errorsSoFar.contains("listening on") {
                    try #require(!running.hasEnded && MonotonicClock.now() < end, "\(running.errorsSoFar)")
                    MonotonicClock.pause(milliseconds: 20)
                }
                self.running = running
                self.server = server
                self.ports = ports
            }

            func close() throws {
                try running.send(.terminate)
                _ = try running.wait()
                server.stop()
                try ResourceLimit.openFiles.write(getpid(), limits)
                try SystemFile.removeTree(place)
            }
        }

        @Test func tenThousandConnectionsAtOnce() async throws {
            let count = 10_000
            let scene = try Scene(upstreams: [("127.0.0.1", 0)])
            // What the first connections make once and keep.
            try ConnectionCrowd(of: 200, to: scene.ports[0]).close()
            try await Task.sleep(for: .milliseconds(500))
            let before = try ProcessReading(of: scene.pid)
            let slabBefore = try ProcessReading.kernelSlabKilobytes()
            let crowd = try ConnectionCrowd(of: count, to: scene.ports[0])
            // Once more, now that all are there.
            let bytes = try crowd.exchange(seed: 7)
            let open = try ProcessReading(of: scene.pid)
            let slab = try ProcessReading.kernelSlabKilobytes() - slabBefore
            crowd.close()
            let after = try await ProcessReading.settled(of: scene.pid, sockets: before.sockets)
            let each = Double(open.residentKilobytes - before.residentKilobytes) / Double(count)
            print(
                """
                proxy: \(count) connections at once, \(bytes) bytes there and back over all of them; \
                descriptors \(before.descriptors), \(open.descriptors), \(after.descriptors); \
                \(String(format: "%.2f", each)) kB of the proxy for an idle connection, and \
                \(String(format: "%.1f", Double(slab) / Double(count))) kB of kernel slab for its four sockets
                """)
            #expect(open.sockets - before.sockets == 2 * count)
            #expect(after.sockets == before.sockets && after.others == before.others)
            // Pipes are kept for the next, a bounded number: 64 for each CPU.
            #expect(after.pipes <= 2 * 64 * ProcessInfo.processInfo.processorCount)
            #expect(each < 16)
            try scene.close()
        }

        @Test func churnLeavesNothingBehind() async throws {
            let nobody = try ClosedPort()
            let hosts = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"]
            let scene = try Scene(upstreams: hosts.map { ($0, 0) } + [("127.0.0.1", nobody.number)])
            let churn = ConnectionChurn(ports: Array(scene.ports.dropLast()), refusing: scene.ports[hosts.count])
            let sockets = try ProcessReading(of: scene.pid).sockets
            let warm = try await churn.run(20_000, within: 10, seed: 1)
            let before = try await ProcessReading.settled(of: scene.pid, sockets: sockets)
            let start = ContinuousClock.now
            let count = try await churn.run(200_000, within: 45, seed: 2)
            let time = ContinuousClock.now - start
            let after = try await ProcessReading.settled(of: scene.pid, sockets: sockets)
            print(
                """
                proxy: \(count) connections made and ended in \(ConnectionManner.allCases.count) manners in \
                \(time.components.seconds) s, after \(warm) to warm up; descriptors \
                \(before.descriptors), \(after.descriptors); Rss \(before.residentKilobytes), \
                \(after.residentKilobytes) kB
                """)
            #expect(before.sockets == sockets && after.sockets == sockets && after.others == before.others)
            #expect(after.pipes <= 2 * 64 * ProcessInfo.processInfo.processorCount)
            // glibc's arenas and the pool of pipes settle within some hundred kilobytes; the object of a connection that
            // stayed, which is the least of it, is some 300 bytes.
            #expect(after.residentKilobytes - before.residentKilobytes < 1024)
            #expect(count >= 5000)
            try scene.close()
            nobody.release()
        }
    }
}
