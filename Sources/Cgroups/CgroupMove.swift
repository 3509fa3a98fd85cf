import LinuxSystem

/// Moves the calling process between cgroups.
public enum CgroupMove {
    /// Moves this process into a cgroup folder, or up to the nearest one above that still exists: a systemd scope is
    /// removed as soon as its last process has left it.
    public static func moveOwnProcess(to folder: String) throws(SystemError) {
        var target = folder
        while !SystemFile.exists("\(target)/cgroup.procs"), target != "/" { target = SystemFile.parent(of: target) }
        try SystemFile.writeOnce("\(target)/cgroup.procs", Array("0".utf8))
    }
}
