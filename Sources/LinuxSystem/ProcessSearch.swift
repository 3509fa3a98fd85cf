/// Finds running processes by what they are called.
public struct ProcessSearch: Sendable {
    /// Bytes of a name that the kernel keeps (TASK_COMM_LEN less its NUL, proc(5)).
    private static let commLength = 15

    private let table: ProcessTable

    public init(table: ProcessTable = ProcessTable()) {
        self.table = table
    }

    /// The roots of the process trees of that name, ascending: a match below another match belongs to it.
    ///
    /// A process has the name when its comm or the base name of its executable is it. A comm that the kernel cut is
    /// completed from the command line.
    public func roots(named name: String) throws(SystemError) -> [ProcessIdentity] {
        var parents: [Int32: Int32] = [:]
        var matches: [ProcessIdentity] = []
        let bootID = try table.bootID()
        for pid in try table.pids() {
            // One that ends meanwhile is none that could be hit.
            guard let status = try? table.status(of: pid), !status.hasEnded else { continue }
            parents[pid] = status.parent
            guard isCalled(name, status) else { continue }
            matches.append(ProcessIdentity(pid: pid, startTime: status.startTime, bootID: bootID))
        }
        let pids = Set(matches.map(\.pid))
        return matches.filter { !hasAncestor($0.pid, in: pids, parents) }
    }

    private func isCalled(_ name: String, _ status: ProcessStatus) -> Bool {
        if status.name == name { return true }
        if status.isKernelThread { return false }
        // Not readable: another user's process and not root, or it has ended. Then its comm is all there is.
        if let executable = try? table.executable(of: status.pid), Self.baseName(executable) == name { return true }
        guard name.utf8.count > Self.commLength, Array(status.name.utf8) == Array(name.utf8.prefix(Self.commLength)),
            let arguments = try? table.arguments(of: status.pid)
        else { return false }
        // The program's own name, or the script's behind its interpreter.
        return arguments.prefix(2).contains { Self.baseName($0) == name }
    }

    private func hasAncestor(_ pid: Int32, in pids: Set<Int32>, _ parents: [Int32: Int32]) -> Bool {
        var seen: Set<Int32> = [pid]
        var current = parents[pid]
        // Read one after the other, the parents of a changing table could form a circle.
        while let parent = current, seen.insert(parent).inserted {
            if pids.contains(parent) { return true }
            current = parents[parent]
        }
        return false
    }

    private static func baseName(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}
