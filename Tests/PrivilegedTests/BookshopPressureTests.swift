import Foundation
import Glibc
import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// What the kernel takes from bookshop shows in the figures of kernel, load and service alike.
    @Suite(.serialized) struct BookshopPressureTests {
        private struct Result: Decodable {
            struct Expectation: Decodable {
                let id: String
                let verdict: String
                let values: [String: Double]
            }

            let expectations: [Expectation]
        }

        private func connect(toAppOf text: String) throws -> Int32 {
            let match = try #require(text.firstMatch(of: /service app runs on 127\.0\.0\.1:(\d+)/))
            let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = try #require(UInt16(match.1)).bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let outcome = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            #expect(outcome == 0)
            return number
        }

        @Test func memoryCPUAndDescriptorsShowInTheFigures() throws {
            // Else all of a service's memory is needed, and a limit below it can only stall it for good.
            try FaultCase.switchOnSwap()
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: bookshop-pressure
                services:
                  db: {postgres: {}}
                  app: {bookshop: {database: db, poolSize: 4}}
                targets: {app: {service: app}}
                load: {http: {service: app, rate: 8/s, timeout: 5s}}
                phases: {baseline: 10s, run: 35s, recovery: 0s}
                steadyState: {window: 3s, checks: {errors: "errors.rate < 5%"}}
                faults:
                - {id: memory, at: 1s, for: 8s, memory.high: {target: app, value: 20%}}
                - {id: cpu, at: 17s, for: 6s, cpu.max: {target: app, quota: 5%}}
                # Last: libdispatch ends a program that has work waiting and no descriptor left to look at its own threads
                # with (its workqueue monitor opens /proc/self/task/TID/stat once a second), and bookshop is one such.
                - {id: files, at: 28s, for: 6s, rlimit.nofile: {target: app, spare: 0, seenBy: EMFILE}}
                expect:
                - {id: calm, that: "phase(baseline, app.memory.pressure.some.share) < 1%"}
                - {id: stalled, that: "during(memory, app.memory.pressure.some.share) > 5%"}
                - {id: unthrottled, that: "phase(baseline, app.cpu.throttled) == 0"}
                - {id: throttled, that: "during(cpu, app.cpu.throttled) > 20%"}
                - {id: enough, that: "phase(baseline, service.errors.descriptors.perSecond) == 0"}
                - {id: refused, that: "during(files, service.errors.descriptors.perSecond) > 1"}
                # Compared below.
                - {id: before, that: "phase(baseline, latency.p50) > 0s"}
                - {id: pressed, that: "during(memory, latency.p50) > 0s"}
                - {id: starved, that: "during(cpu, latency.p50) > 0s"}
                """, in: place)
            let command = BrinkCommand(in: place)
            let running = try command.start(["run", path])
            // Connections that are open already go on; it takes a new one to need a descriptor.
            var newcomer: Int32?
            while !running.hasEnded {
                MonotonicClock.pause(milliseconds: 100)
                let said = running.errorsSoFar
                if newcomer == nil, said.contains("fault files  injected") { newcomer = try connect(toAppOf: said) }
            }
            let outcome = try running.wait()
            if let newcomer { close(newcomer) }
            #expect(outcome.code == 0, "\(outcome.all)")
            let run = try #require(try SystemFile.entries(of: command.out).sorted().last)
            let folder = "\(command.out)/\(run)"
            let result = try JSONDecoder().decode(
                Result.self, from: Data(try SystemFile.read("\(folder)/result.json")))
            func value(_ id: String) throws -> Double {
                try #require(result.expectations.first { $0.id == id }?.values.values.first, "\(id)")
            }
            for expectation in result.expectations {
                print("bookshop: \(expectation.id) \(expectation.verdict)", expectation.values)
            }
            // Medians, since the first requests of a baseline are slow.
            #expect(try value("pressed") > value("before") * 1.5)
            #expect(try value("starved") > value("before") * 2)
            let page = try SystemFile.readText("\(folder)/report.html")
            for title in ["Memory pressure", "Latency", "Throttled", "The service's own errors"] {
                #expect(page.contains(title.replacing("'", with: "&#39;")) || page.contains(title), "\(title)")
            }
        }
    }
}
