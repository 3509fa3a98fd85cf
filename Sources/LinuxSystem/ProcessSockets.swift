extension ProcessTable {
    /// Inodes of the sockets that a process has open (proc_pid_fd(5)).
    public func sockets(of pid: Int32) throws(SystemError) -> Set<UInt64> {
        var inodes: Set<UInt64> = []
        for number in try descriptors(of: pid) {
            // One that was closed meanwhile is none of its any more.
            guard let link = try? SystemFile.linkTarget("\(root)/\(pid)/fd/\(number)"), link.hasPrefix("socket:["),
                let inode = UInt64(link.dropFirst(8).dropLast())
            else { continue }
            inodes.insert(inode)
        }
        return inodes
    }

    /// The pid that a process has in the innermost pid namespace it is in (NSpid of proc_pid_status(5)).
    public func innermostPID(of pid: Int32) throws(SystemError) -> Int32 {
        let text = String(decoding: try SystemFile.read("\(root)/\(pid)/status"), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("NSpid:") }
        let last = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).last
        return last.flatMap { Int32($0) } ?? pid
    }
}
