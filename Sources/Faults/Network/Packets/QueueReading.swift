import Foundation
import LinuxSystem

/// What the queues of a fault and the filters that lead to them have counted, read by one call of tc: a packet that came
/// between two calls would look as if it had been doubled or swallowed.
struct QueueReading {
    /// Packets that were led to the queues; a burst that the device would segment counts as its segments.
    private(set) var caught: UInt64 = 0
    /// Packets that left them, duplicates included.
    private(set) var passed: UInt64 = 0
    private(set) var dropped: UInt64 = 0
    private(set) var waiting: UInt64 = 0

    /// - Parameters:
    ///   - queues: names of the queue devices, which are there.
    ///   - device: the one with the filters.
    init(of queues: [String], on device: String) throws(SystemError) {
        let commands =
            queues.map { ["qdisc", "show", "dev", $0] }
            + ["egress", "ingress"].map { ["filter", "show", "dev", device, $0] }
        let output = try NetworkTool.tc.batch(commands, options: ["-s", "-j"])
        do {
            try self.init(output, queues: Set(queues))
        } catch {
            throw SystemError(
                "tc qdisc show, filter show", on: device, .invalidArgument,
                advice: "the answer is not the JSON expected (\(error)): \(output.trimmedText.prefix(200))")
        }
    }

    /// - Parameter output: a line of JSON for each queue, then one for each hook.
    init(_ output: [UInt8], queues: Set<String>) throws {
        let lines = output.split(separator: UInt8(ascii: "\n")).map { Data($0) }
        for line in lines.prefix(queues.count) {
            for queue in try JSONDecoder().decode([Queue].self, from: line) where queue.kind == "netem" {
                passed += queue.packets
                dropped += queue.drops
                waiting += queue.qlen
            }
        }
        for line in lines.dropFirst(queues.count) {
            let filters = try JSONDecoder().decode([Filter].self, from: line)
            for action in filters.compactMap(\.options?.actions).joined()
            where action.toDevice.map(queues.contains) ?? false {
                caught += action.stats?.packets ?? 0
            }
        }
    }

    private struct Queue: Decodable {
        let kind: String
        let packets: UInt64
        let drops: UInt64
        let qlen: UInt64
    }

    private struct Filter: Decodable {
        let options: Options?

        struct Options: Decodable {
            let actions: [Action]?
        }

        struct Action: Decodable {
            let toDevice: String?
            let stats: Statistics?

            enum CodingKeys: String, CodingKey {
                case toDevice = "to_dev"
                case stats
            }
        }

        struct Statistics: Decodable {
            let packets: UInt64
        }
    }
}
