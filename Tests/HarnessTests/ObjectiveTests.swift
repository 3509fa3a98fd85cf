import Faults
import Scenarios
import Testing

@testable import Harness

struct ObjectiveTests {
    private func objective(_ text: String) throws -> Objective {
        Objective(condition: try Condition.objective(text, targets: ["app"]))
    }

    @Test func itHoldsOrFailsOrIsNotKnown() throws {
        let objective = try objective("latency.p99 < 50ms and errors.rate < 0.1%")
        #expect(objective.metrics == ["latency.p99", "errors.rate"])
        #expect(objective.holds(["latency.p99": 0.04, "errors.rate": 0]) == true)
        #expect(objective.holds(["latency.p99": 0.06, "errors.rate": 0]) == false)
        #expect(objective.holds(["errors.rate": 1]) == false)
        #expect(objective.holds(["errors.rate": 0]) == nil)
    }

    @Test func theBurdenGoesFromTheReferenceToTheBound() throws {
        let objective = try objective("latency.p99 < 50ms")
        let reference = ["latency.p99": 0.01]
        let burden = { objective.burden(["latency.p99": $0], reference: reference) ?? -1 }
        #expect(abs(burden(0.01)) < 1e-9)
        #expect(abs(burden(0.03) - 0.5) < 1e-9)
        #expect(abs(burden(0.09) - 2) < 1e-9)
        #expect(objective.burden([:], reference: reference) == nil)
    }

    @Test func aFallingFigureIsABurdenToo() throws {
        let objective = try objective("throughput > 100/s")
        #expect(objective.burden(["throughput": 150], reference: ["throughput": 200]) == 0.5)
        #expect(objective.burden(["throughput": 50], reference: ["throughput": 200]) == 1.5)
    }

    @Test func theWorstPartCounts() throws {
        let objective = try objective("latency.p99 < 50ms and app.memory.pressure.some.share < 10%")
        let burden = objective.burden(
            ["latency.p99": 0.02, "app.memory.pressure.some.share": 0.08],
            reference: ["latency.p99": 0.01, "app.memory.pressure.some.share": 0])
        #expect(abs((burden ?? -1) - 0.8) < 1e-9)
    }

    /// A figure that is at its bound already without a limit leaves no way in between.
    @Test func withoutAWayInBetweenItIsAllOrNothing() throws {
        let objective = try objective("errors.rate <= 0%")
        #expect(objective.burden(["errors.rate": 0], reference: ["errors.rate": 0]) == 0)
        #expect((objective.burden(["errors.rate": 0.1], reference: ["errors.rate": 0]) ?? 0) > 1)
    }

    @Test func everyKnobTurnsAFaultWithItsOwnParameters() throws {
        for knob in SqueezeKnob.all {
            let schema = try #require(FaultRegistry.schemas.first { $0.name == knob.fault }, "\(knob.name)")
            let names = Set(schema.parameters.map(\.name))
            #expect(names.isSuperset(of: knob.parameters(knob.floor, "/").keys), "\(knob.name)")
            #expect(knob.floor > 0 && knob.floor < knob.ceiling && knob.granularity > 0)
            // What the usage is read from must be a metric.
            for metric in knob.usage { #expect(MetricNames.perTarget.contains(metric), "\(metric)") }
            for sign in knob.walls {
                let known = sign.isOfTarget ? MetricNames.perTarget : MetricNames.global
                #expect(known.contains(sign.metric), "\(sign.metric)")
            }
        }
    }

    @Test func theWallIsSeenInCountersAndErrors() throws {
        let memory = try SqueezeKnob.named("memory.max")
        let before = ["app.memory.events.oom_kill": 2.0, "app.alive": 1]
        #expect(memory.wall(of: "app", before: before, now: before) == nil)
        #expect(memory.wall(of: "app", before: before, now: ["app.memory.events.oom_kill": 3]) == "OOM kill")
        #expect(memory.wall(of: "app", before: before, now: ["app.alive": 0]) == "no process left")
        let files = try SqueezeKnob.named("descriptors")
        #expect(files.wall(of: "app", before: [:], now: ["errors.descriptors.rate": 0.1]) == "EMFILE")
        #expect(throws: HarnessError.self) { try SqueezeKnob.named("luck") }
    }
}
