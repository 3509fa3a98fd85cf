import Engine
import Glibc
import LinuxSystem

/// The network namespace of a target's own, which faults may change: never the machine's.
extension ResolvedTarget {
    /// - Parameter consequence: what would happen to the machine, for the message.
    /// - Throws: when the main process is in the namespace that the machine, or Brink, lives in. A target without one is
    ///   looked at when the fault is planned.
    func refuseNetworkOfHost(_ consequence: String) throws(FaultError) {
        guard let process, let inode = try? NetworkNamespace.inode(of: process.pid) else { return }
        try refuseHost(inode, consequence)
    }

    /// The one namespace that the target's processes are in.
    /// - Throws: when they are in none, in several or in that of pid 1 or Brink.
    func ownNetwork(
        for fault: String, refusing consequence: String = "the whole machine would feel it"
    ) throws -> NetworkNamespace {
        let processes = try process.map { [$0] } ?? processes()
        var namespaces: Set<UInt64> = []
        for process in processes {
            // One that has ended meanwhile is in none.
            if let inode = try? NetworkNamespace.inode(of: process.pid) { namespaces.insert(inode) }
        }
        guard let inode = namespaces.first else { throw FaultError("\(fault): \(id) has no process") }
        guard namespaces.count == 1 else {
            throw FaultError(
                "\(fault): the processes of \(id) are in \(namespaces.count) network namespaces: name one of them as "
                    + "process: PID")
        }
        try refuseHost(inode, consequence)
        for process in processes where (try? NetworkNamespace.inode(of: process.pid)) == inode {
            let namespace = try NetworkNamespace(of: process.pid)
            if namespace.inode == inode { return namespace }
        }
        throw FaultError("\(fault): the processes of \(id) ended meanwhile")
    }

    private func refuseHost(_ inode: UInt64, _ consequence: String) throws(FaultError) {
        for (pid, owner) in [(getpid(), "Brink itself"), (Int32(1), "pid 1")] {
            let own: UInt64
            do throws(SystemError) { own = try NetworkNamespace.inode(of: pid) } catch { throw FaultError("\(error)") }
            guard own == inode else { continue }
            throw FaultError(
                "refused: \(id) is in the network namespace of \(owner): \(consequence); give it a network namespace of "
                    + "its own")
        }
    }
}
