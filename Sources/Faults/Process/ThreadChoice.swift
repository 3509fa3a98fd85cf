import Engine
import LinuxSystem
import Scenarios

/// Which threads of a target's processes a fault means.
struct ThreadChoice: Sendable {
    static let all = ThreadChoice(kind: .all)

    static let parameter = ParameterSchema(
        "thread", .text, default: "all",
        "all; main, each process's first; or the name of some, as /proc/TID/comm has it.")

    private enum Kind {
        case all, main
        case named(String)
    }

    /// TASK_COMM_LEN without the byte that ends it (prctl(2), PR_SET_NAME).
    private static let longestName = 15

    private let kind: Kind

    private init(kind: Kind) {
        self.kind = kind
    }

    init(_ specification: FaultSpecification) throws(FaultError) {
        switch specification.parameters.text("thread") {
        case nil, "all": kind = .all
        case "main": kind = .main
        case let name?:
            guard (1...ThreadChoice.longestName).contains(name.utf8.count) else {
                throw FaultError(
                    "\(specification.name): thread \"\(name)\" can be no thread's name: the kernel keeps "
                        + "\(ThreadChoice.longestName) bytes of it; see /proc/PID/task/*/comm")
            }
            kind = .named(name)
        }
    }

    /// - Throws: when the thread has ended.
    func includes(_ thread: Int32, of process: Int32, in table: ProcessTable) throws(SystemError) -> Bool {
        switch kind {
        case .all: true
        case .main: thread == process
        case .named(let name): try table.status(of: thread).name == name
        }
    }
}

extension ThreadChoice: CustomStringConvertible {
    var description: String {
        switch kind {
        case .all: "all threads"
        case .main: "main threads"
        case .named(let name): "threads called \(name)"
        }
    }
}
