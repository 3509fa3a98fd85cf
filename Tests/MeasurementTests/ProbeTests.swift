import Cgroups
import Glibc
import LinuxSystem
import Measurement
import Testing

@Suite struct ProbeTests {
    @Test func readsACgroup() throws {
        let root = "/tmp/brink-probe-\(getpid())-\(UInt32.random(in: .min ... .max))"
        defer { try? SystemFile.removeTree(root) }
        let cgroup = try CgroupHierarchy(unchecked: root).cgroup("app")
        try SystemFile.makeFolders(cgroup.folder)
        let knobs = [
            "cgroup.procs": "", "memory.current": "4096\n", "memory.events": "high 2\noom_kill 1\nsock_throttled 0\n",
            "memory.stat": "anon 100\nfile 50\nworkingset_refault_anon 1\nworkingset_refault_file 2\n",
            "memory.pressure":
                "some avg10=12.50 avg60=0.00 avg300=0.00 total=2000000\nfull avg10=1.00 avg60=0.00 avg300=0.00 total=5\n",
            "cpu.stat": "usage_usec 1000\nthrottled_usec 0\n", "pids.current": "3\n",
            "io.stat": "8:0 rbytes=10 wbytes=20 rios=1\n8:16 rbytes=1 wbytes=2 rios=1\n",
        ]
        for (name, text) in knobs { try SystemFile.replace(cgroup.file(name), Array(text.utf8)) }
        let probe = CgroupProbe(target: "app", cgroup: cgroup)
        let first = probe.read()
        #expect(first["app.memory.current"] == 4096)
        #expect(first["app.memory.pressure.some.avg10"] == 12.5)
        #expect(first["app.memory.pressure.some.total"] == 2)
        #expect(first["app.memory.refaults"] == 3)
        #expect(first["app.memory.events.high"] == 2)
        #expect(first["app.memory.events.sock_throttled"] == nil)
        #expect(first["app.io.wbytes"] == 22)
        #expect(first["app.alive"] == 0)
        #expect(first["app.cpu.usage"] == nil)
        #expect(probe.read()["app.cpu.usage"] == 0)
        try SystemFile.removeTree(cgroup.folder)
        #expect(probe.read().isEmpty)
    }

    @Test func aDeadProcessIsNotAlive() throws {
        let handle = try SpawnRequest("/bin/sleep", ["60"]).start()
        let probe = ProcessProbe(target: "p", process: handle.identity, hasOwnCgroup: false)
        let other = ProcessProbe(target: "p", process: handle.identity, hasOwnCgroup: true)
        #expect(probe.read()["p.alive"] == 1)
        #expect(other.read() == ["p.stopped": 0])
        try handle.send(.kill)
        let observed1 = handle.hasEnded(within: 5000)
        #expect(observed1)
        #expect(probe.read() == ["p.alive": 0])
        #expect(other.read() == ["p.alive": 0])
        // A service that was started anew in the target's own cgroup lives; one that shares a cgroup is told apart.
        for (probe, alive) in [(other, 1.0), (probe, 0)] {
            var values = ["p.alive": 1.0]
            probe.read(into: &values)
            #expect(values == ["p.alive": alive])
        }
    }

    @Test func readsTheHost() throws {
        let values = HostProbe().read()
        #expect(try #require(values["host.memory.available"]) > 0)
        #expect(values["host.load1"] != nil)
    }

    @Test func whatACounterCountedSince() {
        func page(_ ok: Int, _ refused: Int?) -> OpenMetricsPage {
            let second = refused.map { "tries_total{outcome=\"refused\"} \($0)\n" } ?? ""
            return OpenMetricsPage("tries_total{outcome=\"ok\"} \(ok)\n\(second)tries_total_created 9\nplain_total 4\n")
        }
        #expect(page(3, 40).growth(of: "tries_total", since: page(1, nil)) == 42)
        #expect(page(3, 40).growth(of: "plain_total", since: page(1, nil)) == 0)
        #expect(page(3, 40).growth(of: "nothing_total", since: page(1, nil)) == nil)
        // Started anew.
        #expect(page(0, nil).growth(of: "tries_total", since: page(3, 40)) == nil)
    }

    @Test func quantilesOfWhatAHistogramCountedSince() throws {
        func page(_ counts: [(String, Int)]) -> OpenMetricsPage {
            let lines = counts.map { "wait_bucket{le=\"\($0.0)\"} \($0.1)" }
            return OpenMetricsPage(
                "# TYPE wait histogram\n" + lines.joined(separator: "\n") + "\ng{a=\"b c\"} 7\nplain 3.5\n# EOF\n")
        }
        let before = page([("0.1", 100), ("1.0", 100), ("+Inf", 100)])
        let after = page([("0.1", 150), ("1.0", 200), ("+Inf", 200)])
        #expect(after.quantile(0.5, of: "wait", since: before) == 0.1)
        #expect(try abs(#require(after.quantile(0.75, of: "wait", since: before)) - 0.55) < 1e-9)
        #expect(before.quantile(0.5, of: "wait", since: before) == nil)
        #expect(after.value("plain") == 3.5)
        #expect(after.value("g", label: "a", is: "b c") == 7)
    }
}
