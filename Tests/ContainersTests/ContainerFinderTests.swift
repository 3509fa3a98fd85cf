import Containers
import Scenarios
import Testing

@Suite struct ContainerFinderTests {
    private static let web = "3f2a9c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f809"
    private static let web2 = "3f2b0000000000000000000000000000000000000000000000000000000000aa"

    /// What `docker inspect` prints, shortened where Brink does not look.
    private static func docker(_ id: String, name: String, status: String, pid: Int, labels: String) -> String {
        """
        {"Id": "\(id)", "Created": "2024-05-01T10:00:00.1Z", "Path": "nginx", "Args": ["-g", "daemon off;"],
         "State": {"Status": "\(status)", "Running": \(status == "running"), "Paused": false, "Restarting": false,
           "OOMKilled": false, "Dead": false, "Pid": \(pid), "ExitCode": 0, "Error": "",
           "StartedAt": "2024-05-01T10:00:01Z", "FinishedAt": "0001-01-01T00:00:00Z"},
         "Image": "sha256:00", "Name": "/\(name)", "RestartCount": 0, "Driver": "overlay2",
         "HostConfig": {"CgroupParent": "", "CgroupnsMode": "private"},
         "Config": {"Hostname": "3f2a9c4d5e6f", "Env": ["PATH=/usr/bin"], "Cmd": null, "Labels": \(labels)},
         "NetworkSettings": {"Bridge": ""}}
        """
    }

    /// What `podman inspect` prints, shortened likewise.
    private static func podman(_ id: String, name: String, status: String, pid: Int, labels: String) -> String {
        """
        {"Id": "\(id)", "Created": "2024-05-01T10:00:00Z", "Path": "busybox", "Args": ["sleep", "1000"],
         "State": {"OciVersion": "1.0.2-dev", "Status": "\(status)", "Running": \(status == "running"),
           "Paused": false, "Pid": \(pid), "ConmonPid": 7, "ExitCode": 0, "CgroupPath": "/machine.slice/libpod-\(id).scope"},
         "ImageName": "localhost/busybox:latest", "Rootfs": "", "Pod": "", "Name": "\(name)", "IsInfra": false,
         "Config": {"Hostname": "3f2a9c4d5e6f", "Labels": \(labels), "Annotations": {"io.container.manager": "libpod"}}}
        """
    }

    private func error(_ scripts: RuntimeScripts, _ reference: ContainerReference) -> String {
        do throws(ContainerError) {
            let found = try scripts.finder.find(reference)
            return "found \(found.summary)"
        } catch {
            return error.description
        }
    }

    // MARK: Each runtime

    @Test func dockerByName() throws {
        let scripts = try RuntimeScripts()
        try scripts.listen("/run/docker.sock")
        // The filter of a name finds parts of names too.
        try scripts.add(
            "docker",
            [
                "ps": "\(Self.web)\n\(Self.web2)\n",
                "inspect": "["
                    + Self.docker(Self.web, name: "web", status: "running", pid: 4711, labels: #"{"app": "web"}"#) + ","
                    + Self.docker(Self.web2, name: "web.2", status: "running", pid: 4712, labels: "null") + "]",
            ])
        let found = try scripts.finder.find(ContainerReference(.name("web")))
        #expect(found.id == Self.web && found.pid == 4711 && found.name == "web" && found.runtime == .docker)
        let other = try scripts.finder.find(ContainerReference(.name("web.2")))
        #expect(other.pid == 4712)
        #expect(
            try scripts.calls("docker") == [
                "ps --all --quiet --no-trunc --filter name=web",
                "inspect --type container \(Self.web) \(Self.web2)",
                "ps --all --quiet --no-trunc --filter name=web[.]2",
                "inspect --type container \(Self.web) \(Self.web2)",
            ])
    }

    @Test func podmanByIDAndByLabel() throws {
        let scripts = try RuntimeScripts()
        try scripts.add(
            "podman",
            [
                "ps": "\(Self.web)\n\(Self.web2)\n",
                "inspect": "["
                    + Self.podman(
                        Self.web, name: "web", status: "running", pid: 81, labels: #"{"app": "web", "a": ""}"#)
                    + ","
                    + Self.podman(Self.web2, name: "db", status: "running", pid: 82, labels: #"{"app": "db"}"#)
                    + "]",
            ])
        #expect(try scripts.finder.find(ContainerReference(.id("3f2a"))).pid == 81)
        #expect(try scripts.finder.find(ContainerReference(.id("3f2b"))).pid == 82)
        #expect(try scripts.finder.find(ContainerReference(.label(name: "app", value: "db"))).pid == 82)
        #expect(try scripts.finder.find(ContainerReference(.label(name: "a", value: nil))).pid == 81)
        #expect(error(scripts, ContainerReference(.id("3f2"))).contains("2 running containers have the id 3f2"))
        #expect(error(scripts, ContainerReference(.label(name: "app", value: nil))).contains("2 running containers"))
        #expect(error(scripts, ContainerReference(.label(name: "app", value: "we"))).contains("no container has"))
        #expect(try scripts.calls("podman").contains("ps --all --quiet --no-trunc --filter label=app=db"))
    }

    @Test func kubernetesByLabel() throws {
        let scripts = try RuntimeScripts()
        try scripts.listen("/run/crio/crio.sock")
        let item = { (id: String, attempt: Int, state: String) in
            """
            {"id": "\(id)", "podSandboxId": "aa", "metadata": {"name": "web", "attempt": \(attempt)},
             "image": {"image": "sha256:11", "annotations": {}}, "imageRef": "sha256:11", "state": "\(state)",
             "createdAt": "1714557600000000000", "annotations": {"io.kubernetes.container.hash": "1"},
             "labels": {"io.kubernetes.container.name": "web", "io.kubernetes.pod.name": "web-7d4b-x2x",
               "io.kubernetes.pod.namespace": "shop", "io.kubernetes.pod.uid": "u-1"}}
            """
        }
        try scripts.add(
            "crictl",
            [
                "ps": "{\"containers\": [\(item(Self.web2, 1, "CONTAINER_RUNNING")), "
                    + "\(item(Self.web, 0, "CONTAINER_EXITED"))]}",
                "inspect": """
                {"status": {"id": "\(Self.web2)", "metadata": {"attempt": 1, "name": "web"}, "state": "CONTAINER_RUNNING"},
                 "info": {"sandboxID": "aa", "pid": 991, "removing": false, "snapshotter": "overlayfs"}}
                """,
            ])
        let label = ContainerReference.Selector.label(name: "io.kubernetes.pod.name", value: "web-7d4b-x2x")
        // An earlier attempt that has ended is no second one that could be meant.
        let found = try scripts.finder.find(ContainerReference(label, runtime: .cri))
        #expect(found.pid == 991 && found.id == Self.web2 && found.name == "web" && found.state == "running")
        #expect(
            try scripts.calls("crictl") == ["ps --all --output json", "inspect --output json \(Self.web2)"])
        #expect(
            error(scripts, ContainerReference(.id("3f2a"))).contains("does not run: cri web (id 3f2a9c4d5e6f), exited"))
    }

    @Test(arguments: [ContainerReference.Runtime.crun, .runc])
    func plainRuntimes(_ runtime: ContainerReference.Runtime) throws {
        let scripts = try RuntimeScripts()
        let tool = runtime.rawValue
        try scripts.add(
            tool,
            [
                "list": """
                [{"ociVersion": "1.0.2", "id": "web", "pid": 51, "status": "running", "bundle": "/b",
                  "rootfs": "/b/rootfs", "created": "2024-05-01T10:00:00Z", "owner": "root"}]
                """,
                "state": """
                {"ociVersion": "1.0.0", "id": "web", "pid": 51, "status": "running", "bundle": "/b", "rootfs": "/b/rootfs",
                 "created": "2024-05-01T10:00:00Z", "owner": "", "annotations": {"app": "web"}}
                """,
            ])
        for selector in [ContainerReference.Selector.name("web"), .id("w"), .label(name: "app", value: "web")] {
            let found = try scripts.finder.find(ContainerReference(selector))
            #expect(found.pid == 51 && found.runtime == runtime)
        }
        #expect(Set(try scripts.calls(tool)) == ["list --format json", "state web"])
        #expect(error(scripts, ContainerReference(.name("we"))) == "no container has the name we: \(tool) has none")
    }

    @Test func runcSaysNullForNone() throws {
        let scripts = try RuntimeScripts()
        try scripts.add("runc", ["list": "null\n"])
        #expect(error(scripts, ContainerReference(.name("web"))) == "no container has the name web: runc has none")
    }

    /// The process of a container that is only created is the runtime's own.
    @Test(arguments: ["created", "stopped"])
    func whatDoesNotRunIsRefused(_ status: String) throws {
        let scripts = try RuntimeScripts()
        try scripts.add(
            "crun",
            [
                "list": #"[{"id": "web", "pid": 51, "status": "\#(status)", "bundle": "/b"}]"#,
                "state": #"{"ociVersion": "1.0.0", "id": "web", "pid": 51, "status": "\#(status)", "bundle": "/b"}"#,
            ])
        #expect(
            error(scripts, ContainerReference(.name("web")))
                == "the container with the name web does not run: crun web, \(status). Start it first")
    }

    // MARK: Several runtimes

    @Test func theRuntimeBelowAnEngineTellsNoSecondContainer() throws {
        let scripts = try RuntimeScripts()
        try scripts.add(
            "podman",
            [
                "ps": "\(Self.web)\n",
                "inspect": "[\(Self.podman(Self.web, name: "web", status: "running", pid: 81, labels: "{}"))]",
            ])
        try scripts.add(
            "crun",
            [
                "list": #"[{"id": "\#(Self.web)", "pid": 81, "status": "running", "bundle": "/b"}]"#,
                "state":
                    #"{"ociVersion": "1.0.0", "id": "\#(Self.web)", "pid": 81, "status": "running", "bundle": "/b"}"#,
            ])
        #expect(try scripts.finder.find(ContainerReference(.id("3f2a"))).runtime == .podman)
        #expect(try scripts.finder.find(ContainerReference(.id("3f2a"), runtime: .crun)).runtime == .crun)
    }

    @Test func equalNamesInTwoRuntimesAreAmbiguous() throws {
        let scripts = try RuntimeScripts()
        try scripts.add(
            "podman",
            [
                "ps": "\(Self.web)\n",
                "inspect": "[\(Self.podman(Self.web, name: "web", status: "running", pid: 81, labels: "{}"))]",
            ])
        try scripts.add(
            "crun",
            [
                "list": #"[{"id": "web", "pid": 82, "status": "running", "bundle": "/b"}]"#,
                "state": #"{"ociVersion": "1.0.0", "id": "web", "pid": 82, "status": "running", "bundle": "/b"}"#,
            ])
        let message = error(scripts, ContainerReference(.name("web")))
        #expect(message.contains("podman web (id 3f2a9c4d5e6f), running, pid 81; crun web, running, pid 82"))
        #expect(try scripts.finder.find(ContainerReference(.name("web"), runtime: .crun)).pid == 82)
    }

    @Test func aRuntimeThatDoesNotAnswerIsNoAnswer() throws {
        let scripts = try RuntimeScripts()
        try scripts.add("docker", [:])
        try scripts.listen("/run/docker.sock")
        try scripts.add(
            "crun",
            [
                "list": #"[{"id": "web", "pid": 82, "status": "running", "bundle": "/b"}]"#,
                "state": #"{"ociVersion": "1.0.0", "id": "web", "pid": 82, "status": "running", "bundle": "/b"}"#,
            ])
        let message = error(scripts, ContainerReference(.name("web")))
        #expect(message.contains("crun has 1"))
        #expect(message.contains("docker could not be asked") && message.contains("give `runtime:`"))
        #expect(message.contains("ended with status 3: docker: no answer to ps"))
        #expect(try scripts.finder.find(ContainerReference(.name("web"), runtime: .crun)).pid == 82)
    }

    @Test func saysWhichRuntimesThereAre() throws {
        let scripts = try RuntimeScripts()
        for tool in ["docker", "podman", "crictl"] { try scripts.add(tool, [:]) }
        try scripts.listen("/run/containerd/containerd.sock")
        let lacks = Dictionary(uniqueKeysWithValues: scripts.finder.runtimes.map { ($0.name, $0.lack) })
        #expect(
            lacks == [
                "docker": "there is no /run/docker.sock", "podman": nil, "cri": nil, "crun": "crun is not installed",
                "runc": "runc is not installed",
            ])
    }

    /// As on this machine, perhaps: a client and nothing that it could speak to.
    @Test func aClientWithoutADaemonIsNotAsked() throws {
        let scripts = try RuntimeScripts()
        try scripts.add("docker", [:])
        let reference = ContainerReference(.name("web"))
        #expect(
            error(scripts, reference)
                == "no container runtime to ask for the name web: docker was not asked: there is no /run/docker.sock")
        try scripts.add("crun", ["list": "[]"])
        #expect(
            error(scripts, reference)
                == "no container has the name web: docker was not asked: there is no /run/docker.sock; crun has none")
        // Named, it is asked all the same: it may have been told of another place.
        let named = error(scripts, ContainerReference(.name("web"), runtime: .docker))
        #expect(named.contains("docker could not be asked"))
    }

    @Test func withoutARuntimeItSaysWhatWasLookedFor() throws {
        let scripts = try RuntimeScripts()
        let message = "no container runtime to ask for the name web:"
        #expect(
            error(scripts, ContainerReference(.name("web")))
                == "\(message) none of docker, podman, crictl, crun, runc is in \(scripts.folder)")
        try scripts.add("crun", ["list": "[]"])
        #expect(
            error(scripts, ContainerReference(.name("web"), runtime: .cri))
                == "\(message) crictl not found in \(scripts.folder)")
    }
}
