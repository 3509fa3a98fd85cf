import LinuxSystem

/// Takes the queues away that packets are led through. What waits in them is lost, as it would be on a link that is cut.
struct PacketQueueRemoval {
    private let queue: UndoAction.PacketQueue

    init(_ queue: UndoAction.PacketQueue) {
        self.queue = queue
    }

    func remove() throws(SystemError) -> UndoOutcome {
        guard try queue.namespace.exists() else {
            return .targetGone("no process is in the network namespace \(queue.namespace) and no mount holds it")
        }
        let queue = queue
        return try UndoAction.PacketQueue.exclusively { hooks throws(SystemError) in
            let outcome = try PacketQueueRemoval.remove(queue)
            if outcome.isLast { hooks.remove(queue.name) }
            return outcome.undo
        }
    }

    private static func remove(
        _ queue: UndoAction.PacketQueue
    ) throws(SystemError) -> (undo: UndoOutcome, isLast: Bool) {
        try queue.namespace.run { () throws(SystemError) in
            let devices = try NetworkDevices.names()
            // It goes last: without it, all that leads to it is gone too.
            guard devices.contains(queue.lane.queue) else { return (.alreadyRestored, false) }
            let isLast = devices.contains(queue.device) ? try removeFilters(of: queue) : true
            try NetworkTool.ip.run(["link", "delete", "dev", queue.lane.queue])
            guard try !NetworkDevices.names().contains(queue.lane.queue) else {
                return (.failed("\(queue.lane.queue) of \(queue.name) is still there"), isLast)
            }
            return (.restored, isLast)
        }
    }

    /// What is still there; nil for nothing.
    func residue() throws(SystemError) -> String? {
        guard try queue.namespace.exists() else { return nil }
        let names = try queue.namespace.run { () throws(SystemError) in try NetworkDevices.names() }
        guard names.contains(queue.lane.queue) else { return nil }
        return "packets of \(queue.name) still go through \(queue.lane.queue)"
    }

    /// Removes Brink's filters by what they redirect to, and the hook they are on when nothing else is.
    /// - Returns: whether the hook is gone.
    private static func removeFilters(of queue: UndoAction.PacketQueue) throws(SystemError) -> Bool {
        let lane = queue.lane
        // A device without a hook shows none.
        let shown = try NetworkTool.tc.batch(
            ["egress", "ingress"].map { ["filter", "show", "dev", queue.device, $0] }
        ).trimmedText
        var all: Set<String> = []
        var own: Set<String> = []
        var preference = ""
        for line in shown.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == "filter", let index = words.firstIndex(of: "pref"), index + 1 < words.count {
                preference = String(words[index + 1])
                all.insert(preference)
            }
            if line.contains("Redirect to device \(lane.queue))") { own.insert(preference) }
        }
        if all.isEmpty {
            let hooks = try NetworkTool.tc.run(["qdisc", "show", "dev", queue.device])
            guard hooks.trimmedText.contains("qdisc clsact") else { return true }
        }
        if all == own {
            // The hook was Brink's: where there had been one, the fault was refused.
            try NetworkTool.tc.run(["qdisc", "delete", "dev", queue.device, "clsact"])
            return true
        }
        if !own.isEmpty {
            try NetworkTool.tc.batch(
                own.sorted().map {
                    ["filter", "delete", "dev", queue.device, lane.hook.rawValue, "preference", $0]
                })
        }
        return false
    }
}
