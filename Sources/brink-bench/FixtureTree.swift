import LinuxSystem

/// A folder that looks like a cgroup, copied from a real one, for hosts without controllers.
enum FixtureTree {
    /// Copies every readable knob of a real cgroup with one process into `folder/cgroup`.
    static func make(in folder: String) throws {
        let home = try BenchCgroup("brink-bench")
        let sleeper = try home.sleeper("t0")
        let copy = "\(folder)/cgroup"
        try SystemFile.removeTree(copy)
        try SystemFile.makeFolders(copy, mode: 0o755)
        for knob in try SystemFile.entries(of: sleeper.cgroup.folder) {
            // Some are only for writing.
            guard var bytes = try? sleeper.cgroup.read(knob) else { continue }
            // The pid means nothing, or something else, where the copy is read.
            if knob == "cgroup.procs" || knob == "cgroup.threads" { bytes = Array("1\n".utf8) }
            try SystemFile.replace("\(copy)/\(knob)", bytes, mode: 0o644)
        }
        try home.remove()
    }
}
