import Faults
import Scenarios
import Testing

@Suite struct SyscallScenarioTests {
    private func text(_ fault: String) -> String {
        """
        apiVersion: brink/v1
        id: calls
        services: {db: {postgres: {}}, job: {command: {path: /bin/sleep}}}
        targets: {db: {service: db}, job: {service: job}, p: {process: 7}, cg: {cgroup: x}, pg: {postgres: {data: /d}}}
        faults:
        - {id: f, at: 1s, for: 1s, syscall.inject: \(fault)}
        """
    }

    private func mistakes(_ fault: String) -> [String] {
        do throws(InvalidScenario) {
            _ = try ScenarioReader.read(text(fault), file: "s.yaml", faults: FaultRegistry.schemas)
            return []
        } catch {
            return error.diagnostics.map(\.description)
        }
    }

    @Test func readsRulesAndTellsWhatToIntercept() throws {
        let scenario = try ScenarioReader.read(
            text(#"{target: db, rules: "fsync,fdatasync:error=EIO:when=3+2; fsync:delay_enter=5ms"}"#)
                + "\n- {id: g, at: 1s, for: 1s, syscall.inject: {target: db, rules: \"openat:error=EMFILE\"}}",
            file: "s.yaml", faults: FaultRegistry.schemas)
        #expect(scenario.faults[0].parameters.syscallRules("rules")?.rules.count == 2)
        #expect(
            scenario.faults[0].parameters["rules"]?.text
                == "fsync,fdatasync:error=EIO:when=3+2;fsync:delay_enter=5000us")
        #expect(scenario.interceptedSyscalls(of: "db") == ["fdatasync", "fsync", "openat"])
        // What no fault is about is started as it always was.
        #expect(scenario.interceptedSyscalls(of: "job") == [])
    }

    @Test(arguments: [
        (
            #"{target: db, rules: "fsyn:error=EIO"}"#, "s.yaml:6:65: ",
            "no system call \"fsyn\" (did you mean \"fsync\"?)"
        ),
        (#"{target: db, rules: fsync:error=EOI}"#, "s.yaml:6:76: ", "no error \"EOI\" (did you mean \"EIO\"?)"),
        (#"{target: db, rules: 'fsync:error=EIO:when=0'}"#, "s.yaml:6:86: ", "FIRST[..LAST][+[STEP]]"),
        (#"{target: db, rules: "fsync:error=EIO; write:eror=EIO"}"#, "s.yaml:6:88: ", "did you mean \"error\"?"),
        (#"{target: db, rules: [fsync]}"#, "s.yaml:6:64: ", "must be text such as"),
        (#"{target: db}"#, "s.yaml:6:44: ", "needs \"rules\""),
    ])
    func saysWhatIsWrongAndWhere(_ fault: String, _ place: String, _ reason: String) {
        let found = mistakes(fault)
        #expect(found.contains { $0.hasPrefix(place) && $0.contains(reason) }, "\(found)")
    }

    @Test(arguments: ["p", "cg", "pg"])
    func onlyWhatBrinkStartsCanBeHit(_ target: String) {
        let found = mistakes(#"{target: \#(target), rules: "fsync:error=EIO"}"#)
        #expect(
            found.contains {
                $0.hasPrefix("s.yaml:6:53: syscall.inject needs a target that is a service")
                    && $0.contains("only what Brink starts")
            }, "\(found)")
    }
}
