import Engine
import LinuxSystem
import Scenarios
import SeededRandom

/// Which of a target's processes a fault means.
struct ProcessChoice: Sendable {
    private enum Kind {
        case main, all
        case child(Int)
        case random(seed: UInt64)
    }

    static let words = ["main", "all", "child", "random"]

    private let fault: String
    private let target: ResolvedTarget
    private let kind: Kind

    init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        fault = specification.name
        self.target = target
        switch specification.parameters.text("which") {
        case "all": kind = .all
        case "child": kind = .child(specification.parameters.integer("child") ?? 1)
        case "random":
            // The same seed and the same fault choose alike, whatever else the scenario has.
            kind = .random(seed: specification.id.utf8.reduce(target.seed) { $0 &* 31 &+ UInt64($1) })
        default: kind = .main
        }
        guard
            target.process != nil
                || specification.parameters.text("which").map({ $0 != "main" && $0 != "child" }) ?? false
        else {
            throw FaultError(
                "\(fault): target \(target.id) has no main process; name a process or a service, or choose all or random"
            )
        }
    }

    var isOfAll: Bool {
        if case .all = kind { return true }
        return false
    }

    /// The processes as they are now, at least one.
    /// - Throws: when there is none.
    func processes() throws -> [ProcessIdentity] {
        switch kind {
        case .main:
            guard let process = target.process else { throw none("no main process") }
            return [process]
        case .all:
            let all = try target.processes()
            guard !all.isEmpty else { throw none("no process") }
            return all
        case .child(let number):
            guard let process = target.process else { throw none("no main process") }
            let children = try target.processes().filter { candidate in
                (try? target.table.status(of: candidate.pid).parent) == process.pid
            }
            .sorted { $0.pid < $1.pid }
            guard children.count >= number else { throw none("\(children.count) children, not \(number)") }
            return [children[number - 1]]
        case .random(let seed):
            var generator = SeededGenerator(seed: seed)
            let all = try target.processes().sorted { $0.pid < $1.pid }
            guard let chosen = all.randomElement(using: &generator) else { throw none("no process") }
            return [chosen]
        }
    }

    private func none(_ what: String) -> FaultError { FaultError("\(fault): \(target.id) has \(what)") }
}
