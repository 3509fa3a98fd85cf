import Glibc
import SeededRandom

/// Delays everything by a time with jitter, without changing the order.
struct LatencyToxic: ToxicKind {
    static let type = "latency"
    static let attributes: [ToxicAttribute] = [
        .milliseconds("latency", "Mean delay in milliseconds."),
        .milliseconds("jitter", "Spread of the delay in milliseconds."),
        ToxicAttribute(
            "distribution", .choice(Distribution.allCases.map(\.rawValue)), .text(Distribution.uniform.rawValue),
            "uniform: within the jitter to either side. normal: the jitter is the standard deviation. pareto: never less "
                + "than the latency, the jitter is the mean on top (shape 3), with a long tail.", isExtension: true),
    ]

    enum Distribution: String, CaseIterable {
        case uniform, normal, pareto
    }

    let latency: Level
    let jitter: Level
    let distribution: Distribution

    init(_ values: ToxicAttributes) {
        latency = values.level("latency")
        jitter = values.level("jitter")
        distribution = Distribution(rawValue: values.text("distribution")) ?? .uniform
    }

    func make(_ context: ToxicContext) -> any Toxic {
        LatencyStage(kind: self, start: context.start, generator: context.generator)
    }
}

private struct LatencyStage: Toxic {
    let kind: LatencyToxic
    let start: Moment
    var generator: SeededGenerator

    /// What is on its way on a long line is much: 32 MiB, as in toxiproxy.
    var capacity: Int { 32 << 20 }

    mutating func pass(_ bytes: Bytes, at now: Moment, to next: inout ToxicOutput) {
        next.pass(bytes, at: now + delay(at: now))
    }

    mutating func end(at now: Moment, to next: inout ToxicOutput) {
        next.end(at: now + delay(at: now))
    }

    private mutating func delay(at now: Moment) -> Int64 {
        let latency = kind.latency.value(at: now, since: start)
        let jitter = kind.jitter.value(at: now, since: start)
        guard jitter > 0 else { return Int64(latency * 1_000_000) }
        let deviation =
            switch kind.distribution {
            case .uniform: Double.random(in: -jitter...jitter, using: &generator)
            case .normal: jitter * standardNormal()
            // Mean 1/2 for shape 3 and scale 1, less the scale.
            case .pareto: jitter * 2 * (pow(1 - Double.random(in: 0..<1, using: &generator), -1.0 / 3) - 1)
            }
        return Int64(max(0, latency + deviation) * 1_000_000)
    }

    /// Box and Muller's transform (Annals of Mathematical Statistics 29, 1958).
    private mutating func standardNormal() -> Double {
        let radius = (-2 * log(1 - Double.random(in: 0..<1, using: &generator))).squareRoot()
        return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &generator))
    }
}
