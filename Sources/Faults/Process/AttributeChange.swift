import Engine
import Journal
import LinuxSystem

/// Sets one attribute of all of a target's processes. What the faults on limits, priorities and scores have in common.
struct AttributeChange: Sendable {
    let attribute: ProcessAttribute
    let target: ResolvedTarget
    /// The value for a process, or thread, that has the prior one; nil leaves it as it is.
    private let value: @Sendable (_ pid: Int32, _ prior: String) -> String?

    init(
        _ attribute: ProcessAttribute, of target: ResolvedTarget,
        value: @escaping @Sendable (_ pid: Int32, _ prior: String) -> String?
    ) {
        self.attribute = attribute
        self.target = target
        self.value = value
    }

    /// - Throws: when there is nothing to change.
    func plan() throws -> [Change] {
        try target.confirmCgroup()
        var entries: [UndoAction.Attribute.Entry] = []
        for task in try tasks() {
            guard let prior = try? attribute.read(task.pid), let injected = value(task.pid, prior) else { continue }
            // One that has just this value already is listed too, so that it is not taken for an heir.
            entries.append(UndoAction.Attribute.Entry(process: task, prior: prior, injected: injected))
        }
        guard let first = entries.first(where: { $0.prior != $0.injected }) else {
            throw FaultError(
                "\(attribute.name): no \(attribute.isPerThread ? "thread" : "process") of \(target.id) would be changed"
            )
        }
        let set = UndoAction.Attribute(
            attribute: attribute, entries: entries, cgroupFolder: target.cgroup?.folder)
        return [
            Change(
                subject: "\(attribute.name) of the processes of \(target.id)", prior: first.prior,
                value: first.injected, undo: .journaled(.restoreAttribute(set))
            ) { [attribute, table = target.table, entries] in
                for entry in entries where table.isRunning(entry.process) {
                    try attribute.write(entry.process.pid, entry.injected)
                    guard try attribute.read(entry.process.pid) == entry.injected else {
                        throw FaultError("\(attribute.name): \(entry.process) does not show the value that was set")
                    }
                }
            }
        ]
    }

    /// How many there are, and how many of them have what the fault wants, those that came since included.
    func observe() throws -> Observation {
        var set = 0.0
        let tasks = try tasks()
        for task in tasks {
            guard let current = try? attribute.read(task.pid) else { continue }
            if value(task.pid, current).map({ $0 == current }) ?? true { set += 1 }
        }
        return ["tasks": Double(tasks.count), "set": set]
    }

    /// Seen when all have it.
    func verify(now: Observation) -> Verification {
        let tasks = now["tasks"] ?? 0
        let set = now["set"] ?? 0
        let word = attribute.isPerThread ? "threads" : "processes"
        guard tasks > 0, set == tasks else { return .notYet("\(Int(set)) of \(Int(tasks)) \(word) are changed") }
        return .seen("\(attribute.name) is set for all \(Int(tasks)) \(word)")
    }

    private func tasks() throws(SystemError) -> [ProcessIdentity] {
        let processes = try target.processes()
        guard attribute.isPerThread else { return processes }
        var threads: [ProcessIdentity] = []
        for process in processes {
            // A process or thread that ends meanwhile needs no value any more.
            for thread in (try? target.table.threads(of: process.pid)) ?? [] {
                if let identity = try? target.table.identity(of: thread) { threads.append(identity) }
            }
        }
        return threads
    }
}
