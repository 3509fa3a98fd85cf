import Faults
import Foundation
import Scenarios
import Squeeze

/// A resource that can be squeezed: which fault takes it away, in which unit, and how one sees what is left.
///
/// To add one, add a row.
public struct SqueezeKnob: Sendable {
    /// A metric that tells that the kernel or the target itself has given up.
    struct WallSign: Sendable {
        /// After the target's id and a dot, or a metric of the load.
        let metric: String
        let isOfTarget: Bool
        let words: String

        static func target(_ metric: String, _ words: String) -> WallSign {
            WallSign(metric: metric, isOfTarget: true, words: words)
        }

        static func load(_ metric: String, _ words: String) -> WallSign {
            WallSign(metric: metric, isOfTarget: false, words: words)
        }
    }

    /// As on the command line.
    public let name: String
    /// The kind of fault that a step injects.
    public let fault: String
    public let unit: SqueezeSubject.Unit
    /// The knob takes multiples of this only.
    let granularity: Double
    let floor: Double
    let ceiling: Double
    /// Where the search begins, as a multiple of the usage.
    let startFactor: Double
    /// Metrics of the target that say what it uses; the greatest counts.
    let usage: [String]
    /// Counters that grow, or errors of the load that appear, when the wall is met.
    let walls: [WallSign]
    /// The fault's parameters for a value, with the path that says which device is meant.
    let parameters: @Sendable (_ value: Double, _ path: String) -> [String: ParameterValue]

    /// All knobs, by the names of the command line.
    public static let all: [SqueezeKnob] = [
        SqueezeKnob(
            name: "memory", fault: "memory.high", unit: .bytes, granularity: 4096, floor: 1_048_576,
            ceiling: hostMemory, startFactor: 1, usage: ["memory.current"], walls: [oomKill, refused],
            parameters: { value, _ in ["value": .bytes(UInt64(value))] }),
        SqueezeKnob(
            name: "memory.max", fault: "memory.max", unit: .bytes, granularity: 4096, floor: 1_048_576,
            ceiling: hostMemory, startFactor: 1, usage: ["memory.current"], walls: [oomKill, refused],
            parameters: { value, _ in ["value": .bytes(UInt64(value))] }),
        SqueezeKnob(
            name: "cpu", fault: "cpu.max", unit: .cpus, granularity: 0.01, floor: 0.01,
            ceiling: Double(ProcessInfo.processInfo.activeProcessorCount), startFactor: 2, usage: ["cpu.usage"],
            walls: [refused], parameters: { value, _ in ["quota": .fraction(value)] }),
        SqueezeKnob(
            name: "descriptors", fault: "rlimit.nofile", unit: .count, granularity: 1, floor: 3, ceiling: 1_048_576,
            startFactor: 1, usage: ["descriptors.most"],
            walls: [.load("errors.descriptors.rate", "EMFILE"), refused],
            parameters: { value, _ in ["value": .integer(Int(value))] }),
        SqueezeKnob(
            name: "pids", fault: "pids.max", unit: .count, granularity: 1, floor: 1, ceiling: 4_194_304,
            startFactor: 1, usage: ["pids"], walls: [refused],
            parameters: { value, _ in ["value": .integer(Int(value))] }),
        // What is left is what users have in all: a pool that holds more is cut down to it, or it would never feel it.
        SqueezeKnob(
            name: "connections", fault: "connections.hoard", unit: .count, granularity: 1, floor: 1, ceiling: 10_000,
            startFactor: 1, usage: ["connections.total"], walls: [refused],
            parameters: { value, _ in ["leave": .integer(Int(value)), "evict": .flag(true)] }),
        SqueezeKnob(
            name: "io", fault: "io.max", unit: .bytesPerSecond, granularity: 4096, floor: 16_384, ceiling: 1e11,
            startFactor: 2, usage: ["io.rbytes.perSecond", "io.wbytes.perSecond"], walls: [refused],
            parameters: { value, path in
                ["read": .bytes(UInt64(value)), "write": .bytes(UInt64(value)), "path": .text(path)]
            }),
    ]

    private static let hostMemory = Double(ProcessInfo.processInfo.physicalMemory)
    private static let oomKill = WallSign.target("memory.events.oom_kill", "OOM kill")
    private static let refused = WallSign.load("errors.refused.rate", "connections refused")

    /// - Throws: for a name that no knob has, or one whose fault this Brink lacks.
    public static func named(_ name: String) throws(HarnessError) -> SqueezeKnob {
        guard let knob = all.first(where: { $0.name == name }) else {
            let known = all.map(\.name).joined(separator: ", ")
            throw HarnessError(.usage, "there is no knob \"\(name)\"; known are \(known)")
        }
        guard FaultRegistry.schemas.contains(where: { $0.name == knob.fault }) else {
            throw HarnessError(.usage, "\(name) needs the fault \(knob.fault), which this Brink lacks")
        }
        return knob
    }

    /// The sign of the wall between the figures at a step's beginning and now.
    func wall(of target: String, before: [String: Double], now: [String: Double]) -> String? {
        for sign in walls {
            if sign.isOfTarget {
                let name = "\(target).\(sign.metric)"
                if let value = now[name], value > before[name] ?? value { return sign.words }
            } else if now[sign.metric] ?? 0 > 0 {
                return sign.words
            }
        }
        if now["\(target).alive"] == 0, before["\(target).alive"] != 0 { return "no process left" }
        return nil
    }
}
