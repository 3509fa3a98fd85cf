import Faults
import Scenarios
import Testing

@testable import Harness

@Suite struct SuiteScheduleTests {
    private func entry(_ id: String, seconds: Int = 10, extra: String = "", target: String = "service: app") throws
        -> SuiteEntry
    {
        let text = """
            apiVersion: brink/v1
            id: \(id)
            services: {app: {command: {path: /bin/true}}}
            targets: {app: {\(target)}}
            phases: {baseline: 1s, run: \(seconds)s, recovery: 1s}
            \(extra)
            faults: [{id: f, at: 1s, cgroup.freeze: {target: app}, for: 1s}]
            """
        return SuiteEntry(
            scenario: try ScenarioReader.read(text, file: id, faults: FaultRegistry.schemas), source: id)
    }

    @Test func theFirstOneWarmsUpByItself() throws {
        var schedule = SuiteSchedule(try (1...5).map { try entry("s\($0)", seconds: $0) }, lanes: 3, warmsUp: true)
        let first = schedule.next()
        // The others wait for it, so it is the shortest.
        #expect(first.map(\.entry.scenario.id) == ["s1"])
        #expect(schedule.next().isEmpty)
        schedule.ended(first[0], passed: true, mayTryAgain: true)
        #expect(schedule.next().map(\.entry.scenario.id) == ["s5", "s4", "s3"])
    }

    /// All run, none twice, never more than there are lanes; those that want to be alone are.
    @Test(arguments: [1, 2, 3, 8])
    func allRunAndTheLonelyRunAlone(lanes: Int) throws {
        let entries =
            try (1...9).map { try entry("beside\($0)", seconds: $0) }
            + [entry("alone", extra: "alone: true"), entry("outside", target: "cgroup: x")]
        var schedule = SuiteSchedule(entries, lanes: lanes)
        var running: [SuiteSchedule.Start] = []
        var order: [String] = []
        while !schedule.isFinished {
            running += schedule.next()
            #expect(running.count <= lanes)
            #expect(Set(running.map(\.lane)).count == running.count)
            if running.contains(where: \.entry.isAlone) { #expect(running.count == 1) }
            let first = try #require(running.first, "nothing runs and the schedule is not at its end")
            running.removeFirst()
            order.append(first.entry.scenario.id)
            schedule.ended(first, passed: false, mayTryAgain: true)
        }
        #expect(Set(order) == Set(entries.map(\.scenario.id)))
        #expect(order.count == entries.count, "a stable scenario is tried once")
        #expect(order.first == "beside9", "long ones begin first")
        #expect(Set(order.suffix(2)) == ["alone", "outside"])
    }

    @Test func aFlakyOneHasASecondChance() throws {
        let flaky = "category: flaky\nflakiness: {rate: 10%, reason: because}"
        var schedule = SuiteSchedule([try entry("flaky", extra: flaky)], lanes: 2)
        let first = try #require(schedule.next().first)
        schedule.ended(first, passed: false, mayTryAgain: true)
        let second = try #require(schedule.next().first)
        #expect(second.attempt == 2)
        schedule.ended(second, passed: false, mayTryAgain: true)
        #expect(schedule.isFinished)
        // One that passed is not tried again.
        schedule = SuiteSchedule([try entry("flaky", extra: flaky)], lanes: 2)
        schedule.ended(try #require(schedule.next().first), passed: true, mayTryAgain: true)
        #expect(schedule.isFinished)
    }

    @Test func afterAStopNothingBegins() throws {
        var schedule = SuiteSchedule(try (1...4).map { try entry("s\($0)") }, lanes: 2)
        let running = schedule.next()
        schedule.stop()
        #expect(schedule.next().isEmpty && !schedule.isFinished)
        for start in running { schedule.ended(start, passed: false, mayTryAgain: false) }
        #expect(schedule.isFinished)
    }
}
