import Cgroups
import Glibc
import LinuxSystem
import Testing

extension PrivilegedSuite {
    /// Faults on containers of real runtimes.
    @Suite(.serialized) struct ContainerTests {
        /// How a scenario names the container.
        private static let selectors = ["name: NAME", "id: ID", "label: \"brink.test/app=NAME\""]

        private func selector(_ pattern: String, _ container: ContainerHost.Running, name: String) -> String {
            pattern.replacing("NAME", with: name).replacing("ID", with: String(container.id.prefix(12)))
        }

        private func scenario(_ target: String, _ faults: String, run: String) -> String {
            """
            apiVersion: brink/v1
            id: container
            targets: {web: {container: {\(target)}}}
            phases: {baseline: 0s, run: \(run), recovery: 0s, untilRecovered: true}
            faults:
            \(faults)
            """
        }

        /// Every kind of mechanism: knobs, a process in the container's cgroup, limits of its processes, the freezer. A
        /// container that waits for memory uses no CPU to be throttled, so one comes after the other.
        private static let faults = """
            - {id: cpu, at: 0s, for: 1500ms, cpu.max: {target: web, quota: 5%}}
            - {id: high, after: cpu, for: 4s, memory.high: {target: web, value: 16MiB}}
            - {id: balloon, after: high, for: 3s, memory.balloon: {target: web, size: 8MiB}}
            - {id: files, after: high, for: 3s, rlimit.nofile: {target: web, value: 32}}
            - {id: ice, after: balloon, for: 1s, cgroup.freeze: {target: web}}
            """

        /// What faults can change about a container.
        private func snapshot(_ container: ContainerHost.Running) throws -> [String: String] {
            var found: [String: String] = [:]
            for knob in [
                "memory.high", "memory.max", "memory.low", "memory.min", "cpu.max", "cpu.weight", "cgroup.freeze",
                "pids.max", "cgroup.subtree_control",
            ] {
                found[knob] = try container.cgroup.readText(knob)
            }
            found["children"] = try container.cgroup.children().map(\.path).joined(separator: ",")
            found["limits"] = try SystemFile.readText("/proc/\(container.process.pid)/limits")
            found["alive"] = "\(ProcessTable().isRunning(container.process))"
            found["slice"] = "\(SystemFile.exists("/sys/fs/cgroup/brink.slice"))"
            return found
        }

        private func isSeenAndTakenBack(
            _ host: ContainerHost, _ container: ContainerHost.Running, sibling: ContainerHost.Running?, _ target: String
        ) throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let before = try snapshot(container)
            let siblingBefore = try sibling.map(snapshot)
            let path = try PrivilegedSuite.scenario(scenario(target, Self.faults, run: "60s"), in: place)
            let running = try BrinkCommand(in: place).start(["run", path], environment: host.environment)
            while !running.hasEnded, !running.errorsSoFar.contains("fault high  injected") {
                MonotonicClock.pause(milliseconds: 5)
            }
            let during = try snapshot(container)
            let siblingDuring = try sibling.map(snapshot)
            let result = try running.wait()
            #expect(result.code == 0, "\(target): \(result.all)")
            for fault in ["high", "cpu", "balloon", "files", "ice"] {
                #expect(result.all.contains("fault \(fault)  verified"), "\(target): \(result.all)")
            }
            #expect(during["memory.high"] == "\(16 << 20)", "\(target): \(result.all)")
            #expect(try snapshot(container) == before, "\(target)")
            // Another container is none of the blast radius.
            #expect(siblingDuring?.filter { $0.key != "slice" } == siblingBefore?.filter { $0.key != "slice" })
        }

        private func theGuardianTakesItBack(
            _ host: ContainerHost, _ container: ContainerHost.Running, _ target: String
        ) throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let before = try snapshot(container)
            let faults = """
                - {id: high, at: 0s, for: 60s, memory.high: {target: web, value: 64MiB}}
                - {id: cpu, at: 0s, for: 60s, cpu.max: {target: web, quota: 50%}}
                - {id: balloon, at: 0s, for: 60s, memory.balloon: {target: web, size: 8MiB}}
                - {id: files, at: 0s, for: 60s, rlimit.nofile: {target: web, value: 32}}
                - {id: ice, at: 2s, for: 50s, cgroup.freeze: {target: web}}
                """
            let path = try PrivilegedSuite.scenario(scenario(target, faults, run: "60s"), in: place)
            let command = BrinkCommand(in: place)
            let running = try command.start(["run", path], environment: host.environment)
            while !running.hasEnded, !running.errorsSoFar.contains("fault ice  injected") {
                MonotonicClock.pause(milliseconds: 5)
            }
            let during = try snapshot(container)
            try running.send(.kill)
            let result = try running.wait()
            #expect(result.code == 137, "\(target): \(result.all)")
            // The lock is the guardian's until it has done its work.
            let recovery = try command.run(["recover"])
            #expect(recovery.code == 0, "\(target): \(recovery.all)")
            let verify = try command.run(["verify"])
            #expect(verify.code == 0, "\(target): \(verify.all)")
            #expect(try snapshot(container) == before, "\(target)")
            for key in ["memory.high", "cpu.max", "children", "limits", "cgroup.freeze"] {
                #expect(
                    during[key] != before[key], "\(target): \(key) was not changed when it was killed: \(result.all)")
            }
        }

        @Test func podmanByNameIDAndLabel() throws {
            let host = try ContainerHost()
            let web = try host.startPodman("web", label: "brink.test/app=web")
            let sibling = try host.startPodman("web-2", label: "brink.test/app=other")
            for pattern in Self.selectors {
                try isSeenAndTakenBack(host, web, sibling: sibling, selector(pattern, web, name: "web"))
            }
            try theGuardianTakesItBack(host, web, "name: web, runtime: podman")
            try host.remove()
        }

        /// Its runtime starts it again: after the fault, and after the harness was killed while it was down.
        @Test func aContainerIsStartedAgainByItsRuntime() throws {
            let host = try ContainerHost()
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let web = try host.startPodman("web", label: "brink.test/app=web")
            let command = BrinkCommand(in: place)
            let restart = { (mode: String, later: String, run: String) in
                self.scenario(
                    "name: web, runtime: podman",
                    "- {id: f, at: 0s, container.restart: {target: web, mode: \(mode), patience: 1s, restartAfter: \(later)}}",
                    run: run)
            }
            let path = try PrivilegedSuite.scenario(restart("stop", "1s", "4s"), in: place)
            let result = try command.run(["run", path], environment: host.environment)
            #expect(result.code == 0, "\(result.all)")
            #expect(!ProcessTable().isRunning(web.process))
            #expect(try host.isRunning("web"), "\(result.all)")

            let held = try PrivilegedSuite.scenario(restart("kill", "60s", "60s"), in: place)
            let running = try command.start(["run", held], environment: host.environment)
            while !running.hasEnded, !running.errorsSoFar.contains("fault f  verified") {
                MonotonicClock.pause(milliseconds: 5)
            }
            #expect(try !host.isRunning("web"))
            try running.send(.kill)
            let killed = try running.wait()
            #expect(killed.code == 137, "\(killed.all)")
            let recovery = try command.run(["recover"], environment: host.environment)
            #expect(recovery.code == 0, "\(recovery.all)")
            #expect(try host.isRunning("web"), "\(recovery.all)")
            try host.remove()
        }

        /// PostgreSQL in a container: its runtime starts it again, what it acknowledged is there, and by its data directory
        /// alone it is refused.
        @Test func aDatabaseInAContainer() throws {
            let host = try ContainerHost()
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let foreign = try ForeignCluster(isStarted: false)
            try host.startDatabase("db", foreign)
            let command = BrinkCommand(in: place)
            // Each in a run of its own: a container that was started anew is no longer the one that a run has looked at.
            for mode in ["kill", "stop, patience: 10s"] {
                let path = try PrivilegedSuite.scenario(
                    """
                    apiVersion: brink/v1
                    id: contained
                    targets:
                      box: {container: {name: db, runtime: podman}}
                      db: {postgres: {connection: "\(foreign.cluster.connection())"}}
                    load: {sql: {target: db, rate: 10/s, writes: 80%, timeout: 2s}}
                    phases: {baseline: 2s, run: 20s, recovery: 20s, untilRecovered: true}
                    steadyState: {window: 2s, checks: {errors: "errors.rate < 5%"}}
                    faults: [{id: gone, at: 1s, container.restart: {target: box, mode: \(mode), restartAfter: 1s}}]
                    expect:
                    - {id: integrity, that: "ledger.lost == 0"}
                    - {id: felt, that: "during(gone, errors.rate) > 10%"}
                    """, in: place)
                let result = try command.run(["run", path], environment: host.environment, seconds: 120)
                #expect(result.code == 0, "\(mode): \(result.all)")
            }
            let byFolder = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: folder
                targets: {db: {postgres: {data: \(foreign.cluster.dataDirectory)}}}
                phases: {baseline: 0s, run: 2s, recovery: 0s}
                faults: [{id: f, at: 0s, postgres.restart: {target: db}}]
                """, in: place)
            let refusal = try command.run(["run", byFolder], environment: host.environment)
            #expect(refusal.code != 0 && refusal.all.contains("container.restart"), "\(refusal.all)")
            #expect(try host.isRunning("db"))
            try host.remove()
            try foreign.remove()
        }

        @Test func crunByNameIDAndAnnotation() throws {
            let host = try ContainerHost()
            let web = try host.startCrun("shop-web", annotation: "brink.test/app=shop-web")
            let sibling = try host.startCrun("shop-db", annotation: "brink.test/app=shop-db")
            for pattern in Self.selectors {
                try isSeenAndTakenBack(host, web, sibling: sibling, selector(pattern, web, name: "shop-web"))
            }
            try theGuardianTakesItBack(host, web, "name: shop-web, runtime: crun")
            try host.remove()
        }

        @Test func whatIsNotOneRunningContainerIsRefused() throws {
            let host = try ContainerHost()
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let first = try host.startPodman("web", label: "brink.test/app=web")
            let second = try host.startPodman("web-2", label: "brink.test/app=web")
            let before = [try snapshot(first), try snapshot(second)]
            let refusal = { (target: String) throws -> BrinkCommand.Result in
                let path = try PrivilegedSuite.scenario(scenario(target, Self.faults, run: "60s"), in: place)
                return try BrinkCommand(in: place).run(["run", path], environment: host.environment)
            }
            let ambiguous = try refusal("label: \"brink.test/app=web\"")
            #expect(ambiguous.code == 69, "\(ambiguous.all)")
            for text in ["2 running containers have the label", "podman web (id", "podman web-2 (id"] {
                #expect(ambiguous.all.contains(text), "\(ambiguous.all)")
            }
            let absent = try refusal("name: we")
            #expect(absent.code == 69 && absent.all.contains("podman has none; crun has none"), "\(absent.all)")
            // The same words on the command line of a squeeze.
            for (words, knob, message) in [
                ("container:we", "pids", "no container has the name we"),
                ("name:brink-test-we", "descriptors", "no process is called brink-test-we"),
            ] {
                let squeezed = try BrinkCommand(in: place).run(
                    ["squeeze", words, knob, "--slo", "target.alive > 0"], environment: host.environment)
                #expect(squeezed.code == 69 && squeezed.all.contains(message), "\(squeezed.all)")
            }
            // Whichever of these this machine lacks.
            let lacking = [("docker", "docker"), ("cri", "crictl"), ("runc", "runc")].first { _, tool in
                !["/usr/local/bin", "/usr/bin", "/usr/sbin"].contains { SystemFile.exists("\($0)/\(tool)") }
            }
            if let (runtime, tool) = lacking {
                let uninstalled = try refusal("name: web, runtime: \(runtime)")
                #expect(
                    uninstalled.code == 69 && uninstalled.all.contains("\(tool) not found in"), "\(uninstalled.all)")
            }
            #expect([try snapshot(first), try snapshot(second)] == before)

            try host.stopPodman("web-2")
            let stopped = try refusal("name: web-2")
            #expect(stopped.code == 69 && stopped.all.contains("does not run: podman web-2 (id"), "\(stopped.all)")
            // Now the label means one running container.
            try isSeenAndTakenBack(host, first, sibling: nil, "label: \"brink.test/app=web\"")
            try host.remove()
        }

        /// Its network namespace is its own: the container's ephemeral ports run out and nobody else's, and they are
        /// back when the fault ends, and when the harness does.
        @Test func theLastPortsOfAContainer() throws {
            let host = try ContainerHost()
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let web = try host.startPodman("web", label: "brink.test/app=web")
            let shop = try host.startCrun("shop-web", annotation: "brink.test/app=shop-web")
            let command = BrinkCommand(in: place)
            for (container, sibling, target) in [
                (web, shop, "name: web, runtime: podman"), (shop, web, "name: shop-web, runtime: crun"),
            ] {
                try host.raiseLoopback(of: container)
                let namespace = try NetworkNamespace(of: container.process.pid)
                let others = [try NetworkNamespace(of: sibling.process.pid), try NetworkNamespace(of: getpid())]
                try #require(!others.contains(namespace), "\(target): no network namespace of its own")
                let before = try ports(namespace)
                let othersBefore = try others.map(ports)
                for isKilled in [false, true] {
                    let lasting = isKilled ? "60s" : "3s"
                    let path = try PrivilegedSuite.scenario(
                        scenario(
                            target, "- {id: ports, at: 0s, for: \(lasting), ports.exhaust: {target: web, free: 2}}",
                            run: lasting), in: place)
                    let running = try command.start(["run", path], environment: host.environment)
                    while !running.hasEnded, !running.errorsSoFar.contains("fault ports  verified") {
                        MonotonicClock.pause(milliseconds: 5)
                    }
                    let during = try ports(namespace)
                    let othersDuring = try others.map(ports)
                    if isKilled { try running.send(.kill) }
                    let result = try running.wait()
                    #expect(result.code == (isKilled ? 137 : 0), "\(target): \(result.all)")
                    #expect(result.all.contains("fault ports  verified"), "\(target): \(result.all)")
                    #expect(during != before && othersDuring == othersBefore, "\(target): \(result.all)")
                    // The lock is the guardian's until it has done its work.
                    let recovery = try command.run(["recover"])
                    #expect(recovery.code == 0, "\(target): \(recovery.all)")
                    #expect(try ports(namespace) == before, "\(target), killed \(isKilled)")
                    let verify = try command.run(["verify"])
                    #expect(verify.code == 0, "\(target): \(verify.all)")
                }
            }
            try host.remove()
        }

        /// The settings of ports in a network namespace, byte for byte.
        private func ports(_ namespace: NetworkNamespace) throws -> [[UInt8]] {
            try ["ip_local_port_range", "ip_local_reserved_ports"].map { name in
                try namespace.run { () throws(SystemError) in try SystemFile.read("/proc/sys/net/ipv4/\(name)") }
            }
        }

        /// The part of a container that it keeps in a cgroup below its own.
        @Test func aNestedCgroup() throws {
            let host = try ContainerHost()
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let web = try host.startPodman("web", label: "brink.test/app=web")
            let inner = web.cgroup.child("inner")
            try inner.create()
            let worker = try SpawnRequest("/bin/sleep", ["1000"], cgroup: inner.folder, newSession: true).start()
            let path = try PrivilegedSuite.scenario(
                scenario(
                    "name: web, cgroup: inner", "- {id: ice, at: 0s, for: 2s, cgroup.freeze: {target: web}}", run: "3s"),
                in: place)
            let running = try BrinkCommand(in: place).start(["run", path], environment: host.environment)
            while !running.hasEnded, !running.errorsSoFar.contains("fault ice  injected") {
                MonotonicClock.pause(milliseconds: 5)
            }
            let during = [try inner.readText("cgroup.freeze"), try web.cgroup.readText("cgroup.freeze")]
            let result = try running.wait()
            #expect(result.code == 0 && result.all.contains("fault ice  verified"), "\(result.all)")
            #expect(during == ["1", "0"], "\(result.all)")
            #expect(try inner.readText("cgroup.freeze") == "0")

            let absent = try PrivilegedSuite.scenario(
                scenario("name: web, cgroup: outer", Self.faults, run: "60s"), in: place)
            let refused = try BrinkCommand(in: place).run(["run", absent], environment: host.environment)
            #expect(refused.code == 69 && refused.all.contains("there is no cgroup outer below"), "\(refused.all)")
            try worker.send(.kill)
            _ = worker.hasEnded(within: 5000)
            try inner.killAndRemove()
            try host.remove()
        }

        /// Brink itself in a privileged container hits the one beside it; and when it is killed there, its guardian
        /// outlives the container and undoes everything.
        @Test func brinkInAPrivilegedContainer() throws {
            let host = try ContainerHost()
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let web = try host.startPodman("web", label: "brink.test/app=web")
            let before = try snapshot(web)
            let command = BrinkCommand(in: place)
            let path = try PrivilegedSuite.scenario(scenario("name: web", Self.faults, run: "60s"), in: place)
            let whole = try host.startBrinkInContainer(command, ["run", path], name: "brink-1").wait()
            #expect(whole.code == 0, "\(whole.output)")
            for fault in ["high", "cpu", "balloon", "files", "ice"] {
                #expect(whole.output.contains("fault \(fault)  verified"), "\(whole.output)")
            }
            #expect(try snapshot(web) == before, "\(whole.output)")

            let long = try PrivilegedSuite.scenario(
                scenario("name: web", "- {id: ice, at: 0s, for: 50s, cgroup.freeze: {target: web}}", run: "60s"),
                in: place)
            let running = try host.startBrinkInContainer(command, ["run", long], name: "brink-2")
            while !running.hasEnded, !running.outputSoFar.contains("fault ice  injected") {
                MonotonicClock.pause(milliseconds: 5)
            }
            #expect(try snapshot(web)["cgroup.freeze"] == "1", "\(running.outputSoFar)")
            let harness = try #require(try host.pid(of: "brink-2"))
            #expect(try ProcessTable().status(of: harness).name == "brink")
            kill(harness, SIGKILL)
            #expect(try running.wait().code == 137)
            let recovery = try command.run(["recover"])
            #expect(recovery.code == 0, "\(recovery.all)")
            #expect(try snapshot(web) == before)
            let verify = try command.run(["verify"])
            #expect(verify.code == 0, "\(verify.all)")
            try host.remove()
        }

        @Test func aProcessByItsName() throws {
            let victim = try Victim()
            let place = try PrivilegedSuite.place()
            let name = "brink-test-\(UInt32.random(in: .min ... .max))-exporter"
            let program = "\(place)/\(name)"
            defer { try? SystemFile.removeTree(place) }
            try SystemFile.replace(program, try SystemFile.read("/bin/sleep"), mode: 0o755)
            let exporter = try SpawnRequest(program, ["1000"], cgroup: victim.cgroup.folder, newSession: true).start()
            let limits = "/proc/\(exporter.identity.pid)/limits"
            let before = try SystemFile.readText(limits)
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: named
                targets: {exporter: {name: \(name)}}
                phases: {baseline: 0s, run: 2s, recovery: 0s}
                faults: [{id: files, at: 0s, for: 1s, rlimit.nofile: {target: exporter, value: 32}}]
                """, in: place)
            let command = BrinkCommand(in: place)
            let running = try command.start(["run", path])
            while !running.hasEnded, !running.errorsSoFar.contains("fault files  injected") {
                MonotonicClock.pause(milliseconds: 5)
            }
            let during = try SystemFile.readText(limits)
            let result = try running.wait()
            #expect(result.code == 0 && result.all.contains("fault files  verified"), "\(result.all)")
            #expect(during != before)
            #expect(try SystemFile.readText(limits) == before)

            let second = try SpawnRequest(program, ["1000"], cgroup: victim.cgroup.folder, newSession: true).start()
            let refused = try command.run(["run", path])
            let pids = [exporter.identity.pid, second.identity.pid].sorted()
            #expect(
                refused.code == 69
                    && refused.all.contains("2 separate processes are called \(name): pids \(pids[0]), \(pids[1])"),
                "\(refused.all)")
            try victim.remove()
        }
    }
}
