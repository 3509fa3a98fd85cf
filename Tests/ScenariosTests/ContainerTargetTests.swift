import Faults
import Scenarios
import Testing

@Suite struct ContainerTargetTests {
    private func scenario(_ target: String, fault: String = "cpu.max: {target: t, quota: 10%}") -> String {
        """
        apiVersion: brink/v1
        id: a
        targets:
          t: \(target)
        faults: [{id: f, at: 0s, for: 1s, \(fault)}]
        """
    }

    private func kind(_ target: String) throws -> Target.Kind? {
        try ScenarioReader.read(scenario(target), file: "s.yaml", faults: FaultRegistry.schemas).targets.first?.kind
    }

    private func mistakes(_ text: String) -> [String] {
        do throws(InvalidScenario) {
            _ = try ScenarioReader.read(text, file: "s.yaml", faults: FaultRegistry.schemas)
            return []
        } catch {
            return error.diagnostics.map(\.description)
        }
    }

    @Test func readsWhatIsWritten() throws {
        #expect(try kind("{container: {name: web}}") == .container(ContainerReference(.name("web"))))
        #expect(try kind("{container: {id: 3f2a}}") == .container(ContainerReference(.id("3f2a"))))
        // A number to YAML, an id to Brink.
        #expect(try kind("{container: {id: 0123}}") == .container(ContainerReference(.id("0123"))))
        #expect(
            try kind("{container: {label: \"app=web=1\"}}")
                == .container(ContainerReference(.label(name: "app", value: "web=1"))))
        #expect(
            try kind("{container: {label: app}}") == .container(ContainerReference(.label(name: "app", value: nil))))
        #expect(
            try kind("{container: {name: web, runtime: cri, cgroup: inner/most}}")
                == .container(ContainerReference(.name("web"), runtime: .cri, cgroup: "inner/most")))
    }

    @Test func onlyAWholeContainerCanBeRestarted() {
        func isTarget(_ target: String) -> Bool {
            !mistakes(scenario(target, fault: "container.restart: {target: t}")).contains {
                $0.contains("needs a target that is a container")
            }
        }
        #expect(isTarget("{container: {name: web}}"))
        #expect(!isTarget("{container: {name: web, cgroup: inner}}"))
        #expect(!isTarget("{name: web}"))
    }

    @Test func canBeHitAsACgroupAndAsProcesses() {
        #expect(mistakes(scenario("{container: {name: web}}")) == [])
        #expect(mistakes(scenario("{container: {name: web}}", fault: "rlimit.nofile: {target: t, value: 9}")) == [])
        #expect(
            mistakes(scenario("{container: {name: web}}", fault: "toxic.latency: {target: t, latency: 9ms}")).first?
                .contains("needs a target that is a link; t is: cgroup, container, process") == true)
        #expect(
            mistakes(scenario("{name: web}", fault: "cpu.max: {target: t, quota: 10%}")).first?
                .contains("needs a target that is a cgroup; t is: process") == true)
    }

    @Test(arguments: [
        ("{container: web}", "4:18: container must be a mapping"),
        ("{container: {}}", "4:18: container needs exactly one of name, id, label"),
        ("{container: {name: a, id: b}}", "4:18: container needs exactly one of name, id, label"),
        ("{container: {nam: a}}", "4:19: unknown key \"nam\" in container (did you mean \"name\"?)"),
        ("{container: {name: \"\"}}", "4:25: name must be text"),
        ("{container: {label: \"=web\"}}", "4:26: label must be NAME=VALUE"),
        (
            "{container: {name: a, runtime: podmann}}",
            "4:37: runtime must be one of docker, podman, cri, crun, runc (did you mean \"podman\"?)"
        ),
        ("{container: {name: a, cgroup: ../b}}", "4:36: cgroup must be a path below the container's own cgroup"),
        ("{container: {name: a, cgroup: /b}}", "4:36: cgroup must be a path below the container's own cgroup"),
        ("{container: {name: a, cgroup: \"\"}}", "4:36: cgroup must be a path below the container's own cgroup"),
        ("{name: /usr/bin/nginx}", "4:13: name must be a process's own name"),
        ("{name: \"\"}", "4:13: name must be a process's own name"),
    ])
    func mistakesHaveAPlace(_ target: String, _ message: String) {
        let found = mistakes(scenario(target, fault: "process.signal: {target: t, signal: STOP}"))
        #expect(found.contains { $0.contains(message) }, "\(found)")
    }

    @Test func aNameIsAName() throws {
        #expect(
            try ScenarioReader.read(
                scenario("{name: postgres-exporter}", fault: "process.signal: {target: t, signal: STOP}"),
                file: "s.yaml", faults: FaultRegistry.schemas
            ).targets.first?.kind == .processName("postgres-exporter"))
    }

    @Test func theSchemaKnowsThem() {
        let text = ScenarioSchema(faults: FaultRegistry.schemas).text
        #expect(text.contains("\"container\"") && text.contains("\"podman\"") && text.contains("\"pidFile\""))
    }
}
