import Engine
import Journal
import LinuxSystem

/// Sets one attribute of all of a target's processes. What the faults on limits, priorities and scores have in common.
struct AttributeChange: Sendable {
    let attribute: ProcessAttribute
    let target: ResolvedTarget
    /// For an attribute that threads have.
    private let choice: ThreadChoice
    /// The value for a process, or thread, that has the prior one; nil leaves it as it is.
    private let value: @Sendable (_ pid: Int32, _ prior: String) -> String?

    init(
        _ attribute: ProcessAttribute, of target: ResolvedTarget, _ choice: ThreadChoice = .all,
        value: @escaping @Sendable (_ pid: Int32, _ prior: String) -> String?
    ) {
        self.attribute = attribute
        self.target = target
        self.choice = choice
        self.value = value
    }

    /// - Throws: when there is nothing to change.
    func plan() throws -> [Change] {
        try target.confirmCgroup()
        var entries: [UndoAction.Attribute.Entry] = []
        for task in try tasks() {
            guard let prior = try? attribute.read(task.identity.pid),
                let wanted = value(task.identity.pid, prior)
            else { continue }
            // One that has just this value already is listed too, chosen or not, so that it is not taken for an heir.
            guard task.isChosen || prior == wanted else { continue }
            entries.append(UndoAction.Attribute.Entry(process: task.identity, prior: prior, injected: wanted))
        }
        guard let first = entries.first(where: { $0.prior != $0.injected }) else {
            throw FaultError(
                "\(attribute.name): nothing of \(target.id) would be changed: it has no \(subjects), or they have the "
                    + "value already"
            )
        }
        let set = UndoAction.Attribute(
            attribute: attribute, entries: entries, cgroupFolder: target.cgroup?.folder)
        return [
            Change(
                subject: "\(attribute.name) of the \(subjects) of \(target.id)", prior: first.prior,
                value: first.injected, setting: set, in: target.table)
        ]
    }

    /// How many there are, how many of them have what the fault wants, those that came since included, and how many it
    /// leaves as they are.
    func observe() throws -> Observation {
        var set = 0.0
        var exempt = 0.0
        let tasks = try tasks().filter(\.isChosen).map(\.identity.pid)
        for task in tasks {
            guard let current = try? attribute.read(task) else { continue }
            switch value(task, current) {
            case nil: exempt += 1
            case let wanted?: if wanted == current { set += 1 }
            }
        }
        return ["tasks": Double(tasks.count), "set": set, "exempt": exempt]
    }

    /// Seen when all have it but those that the fault leaves as they are.
    func verify(now: Observation) -> Verification {
        let tasks = now["tasks"] ?? 0
        let set = now["set"] ?? 0
        let exempt = now["exempt"] ?? 0
        guard set > 0, set + exempt == tasks else {
            return .notYet("\(Int(set)) of \(Int(tasks)) \(subjects) are changed")
        }
        let rest = exempt > 0 ? "; left alone: \(Int(exempt))" : ""
        return .seen("\(attribute.name) is set for \(Int(set)) of \(Int(tasks)) \(subjects)\(rest)")
    }

    private var subjects: String { attribute.isPerThread ? "\(choice)" : "processes" }

    private func tasks() throws(SystemError) -> [(identity: ProcessIdentity, isChosen: Bool)] {
        let processes = try target.processes()
        guard attribute.isPerThread else { return processes.map { ($0, true) } }
        var threads: [(identity: ProcessIdentity, isChosen: Bool)] = []
        for process in processes {
            // A process or thread that ends meanwhile needs no value any more.
            for thread in (try? target.table.threads(of: process.pid)) ?? [] {
                guard let identity = try? target.table.identity(of: thread),
                    let isChosen = try? choice.includes(thread, of: process.pid, in: target.table)
                else { continue }
                threads.append((identity, isChosen))
            }
        }
        return threads
    }
}

extension Change {
    /// Sets an attribute of processes, or threads, that run by then, and reads each back.
    init(subject: String, prior: String, value: String, setting set: UndoAction.Attribute, in table: ProcessTable) {
        self.init(subject: subject, prior: prior, value: value, undo: .journaled(.restoreAttribute(set))) {
            let attribute = set.attribute
            for entry in set.entries where table.isRunning(entry.process) {
                try attribute.write(entry.process.pid, entry.injected)
                guard try attribute.read(entry.process.pid) == entry.injected else {
                    throw FaultError("\(attribute.name): \(entry.process) does not show the value that was set")
                }
            }
        }
    }
}
