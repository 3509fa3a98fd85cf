import Engine
import Journal
import LinuxSystem
import Scenarios

/// A netem queue that chosen packets of a target are led through.
///
/// A filter on the device's clsact hook redirects them to an intermediate device (ifb), whose root is the netem; they
/// come back to where they were caught. Other packets of the device, and its own queueing, are not touched.
struct AppliedQueue: Sendable {
    let fault: String
    /// Those of the fault.
    let parameters: Parameters
    private let target: ResolvedTarget
    private let discipline: [String]
    private let selector: PacketSelector
    private let directions: [PacketSelector.Direction]
    private let interface: String?
    /// The queue device of each direction, and the first of its filters' preferences.
    private let names: [PacketSelector.Direction: String]
    private let preference = Int.random(in: 0x1000...0x7000)

    /// - Parameter discipline: arguments of `tc … netem`.
    init(_ specification: FaultSpecification, on target: ResolvedTarget, _ discipline: [String]) throws(FaultError) {
        fault = specification.name
        self.target = target
        self.discipline = discipline
        parameters = specification.parameters
        selector = try PacketSelector(parameters)
        directions = PacketSelector.Direction.chosen(parameters)
        interface = parameters.text("interface")
        names = Dictionary(uniqueKeysWithValues: directions.map { ($0, PacketQueueName.make()) })
        try selector.confirm(on: target, for: fault, else: "packets of the whole machine would pass the queue")
    }

    /// How many times a packet and its answer pass a queue together.
    var directionCount: Int { directions.count }

    /// Whether some of the packets end in the namespace where counters are read.
    var isReceived: Bool { directions.contains(target.network == nil ? .in : .out) }

    // MARK: Changing

    /// One for each direction.
    func changes() throws -> [Change] {
        try target.confirmCgroup()
        let path = try PacketPath(of: target, interface: interface, for: fault)
        let (found, isHooked) = try UndoAction.PacketQueue.exclusively { hooks throws(SystemError) in
            let shown = try path.namespace.run { () throws(SystemError) in
                try NetworkTool.tc.run(["qdisc", "show", "dev", path.device]).trimmedText
            }
            return (shown, hooks.contains(path.name))
        }
        try refuseShaped(found, path, isHooked: isHooked)
        return try lanes(on: path).map { lane, filters in
            let queue = UndoAction.PacketQueue(namespace: path.namespace, device: path.device, lane: lane)
            return Change(
                subject: "packets (\(selector.words)) of \(path.name), \(lane.hook)",
                prior: "not delayed, lost or changed",
                value: "netem \(discipline.joined(separator: " "))", undo: .journaled(.removePacketQueue(queue))
            ) { [discipline] in
                try await Blocking.run {
                    try UndoAction.PacketQueue.exclusively { hooks throws(SystemError) in
                        let isHooked = hooks.contains(queue.name)
                        try queue.namespace.run { () throws(SystemError) in
                            try AppliedQueue.apply(queue, filters, discipline, isHooked: isHooked)
                        }
                        hooks.insert(queue.name)
                    }
                }
            }
        }
    }

    /// A queueing discipline that somebody made has a handle; the kernel's own default is 0 (tc(8)).
    private func refuseShaped(_ shown: String, _ path: PacketPath, isHooked: Bool) throws(FaultError) {
        for line in shown.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 2, words[0] == "qdisc", words[2] != "0:" else { continue }
            // Those of a multiqueue device's default hang below it.
            guard words.contains("root") || words[1] == "clsact" || words[1] == "ingress" else { continue }
            if words[1] == "clsact", isHooked { continue }
            throw FaultError(
                "\(fault): refused: \(path.name) already has a queueing discipline, \"\(line)\": somebody shapes or "
                    + "filters this device, and Brink replaces nobody's. Remove it, or name another interface")
        }
    }

    private func lanes(
        on path: PacketPath
    ) throws(FaultError) -> [(lane: UndoAction.PacketQueue.Lane, filters: [[String]])] {
        var directions = directions
        if path.isLoopback, selector.isEverything {
            guard directions.count > 1 else {
                throw FaultError(
                    "\(fault): direction: on \(path.name) every packet is sent and received; give a port, localPort or "
                        + "address, or both directions")
            }
            directions = [.out]
        }
        var next = preference
        return directions.compactMap { direction in
            guard let name = names[direction] else { return nil }
            let filters = selector.flowerKeys(direction)
            let preferences = Array(next..<next + filters.count)
            next += filters.count
            return (.init(hook: path.hook(direction), queue: name, preferences: preferences), filters)
        }
    }

    private static func apply(
        _ queue: UndoAction.PacketQueue, _ filters: [[String]], _ discipline: [String], isHooked: Bool
    ) throws(SystemError) {
        let lane = queue.lane
        try NetworkTool.ip.batch([
            ["link", "add", "dev", lane.queue, "type", "ifb"],
            // It must not speak for itself: what it sent would be counted among the target's packets.
            ["link", "set", "dev", lane.queue, "addrgenmode", "none"],
            ["link", "set", "dev", lane.queue, "multicast", "off"],
            ["link", "set", "dev", lane.queue, "up"],
        ])
        let hook = isHooked ? [] : [["qdisc", "add", "dev", queue.device, "clsact"]]
        let leads = zip(lane.preferences, filters).map { preference, keys in
            ["filter", "add", "dev", queue.device, lane.hook.rawValue, "preference", "\(preference)", "protocol"] + keys
                + ["action", "mirred", "egress", "redirect", "dev", lane.queue]
        }
        try NetworkTool.tc.batch(
            [["qdisc", "add", "dev", lane.queue, "root", "handle", "b41c:", "netem"] + discipline] + hook + leads)
    }

    // MARK: Observing

    /// What the queues did and what TCP noticed, in the target's namespace.
    func observe() throws -> Observation {
        let path = try PacketPath(of: target, interface: interface, for: fault)
        let names = Set(names.values)
        let sockets = selector.socketFilter
        return try path.namespace.run { () throws(SystemError) in
            var figures: Observation = [:]
            let present = try NetworkDevices.names().filter(names.contains)
            if !present.isEmpty {
                let reading = try QueueReading(of: present, on: path.device)
                figures["caught"] = Double(reading.caught)
                figures["passed"] = Double(reading.passed)
                figures["dropped"] = Double(reading.dropped)
                figures["waiting"] = Double(reading.waiting)
            }
            try NetworkCounters.add(to: &figures)
            if let mean = try RoundTrips.mean(of: sockets) { figures["rtt"] = mean }
            return figures
        }
    }
}
