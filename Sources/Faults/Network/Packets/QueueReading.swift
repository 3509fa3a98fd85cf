import Foundation
import LinuxSystem

/// What a queueing discipline has counted (`tc -s -j qdisc`).
struct QueueReading: Decodable {
    let kind: String
    /// That left it, duplicates included; a burst that the device would segment counts as its segments.
    let packets: UInt64
    let drops: UInt64
    /// That wait in it.
    let qlen: UInt64

    /// The netem of a queue device.
    static func all(of device: String) throws(SystemError) -> [QueueReading] {
        let output = try NetworkTool.tc.run(["-s", "-j", "qdisc", "show", "dev", device])
        return try decoded([QueueReading].self, output, "tc qdisc show dev \(device)").filter { $0.kind == "netem" }
    }

    func add(to figures: inout [String: Double]) {
        figures["passed", default: 0] += Double(packets)
        figures["dropped", default: 0] += Double(drops)
        figures["waiting", default: 0] += Double(qlen)
    }
}

/// What the filters on a device have counted (`tc -s -j filter`).
struct FilterReading: Decodable {
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

    let options: Options?

    /// Packets that were led to the queues.
    static func packets(on device: String, leadingTo queues: Set<String>) throws(SystemError) -> UInt64 {
        var sum: UInt64 = 0
        for hook in ["egress", "ingress"] {
            let output = try NetworkTool.tc.run(["-s", "-j", "filter", "show", "dev", device, hook])
            let filters = try decoded([FilterReading].self, output, "tc filter show dev \(device) \(hook)")
            for action in filters.compactMap(\.options?.actions).joined()
            where action.toDevice.map(queues.contains) ?? false {
                sum += action.stats?.packets ?? 0
            }
        }
        return sum
    }
}

private func decoded<Value: Decodable>(
    _ type: Value.Type, _ output: [UInt8], _ call: String
) throws(SystemError) -> Value {
    do {
        return try JSONDecoder().decode(type, from: Data(output))
    } catch {
        throw SystemError(
            call, on: "its answer", .invalidArgument,
            advice: "it is not the JSON expected (\(error)): \(output.trimmedText.prefix(200))")
    }
}
