import LinuxSystem

/// A module of the running kernel.
struct KernelModule {
    /// As modprobe has it; dashes and underscores are the same (modprobe(8)).
    let name: String
    /// Where the machine's files begin; other than `/` in tests only.
    var root = "/"

    enum State {
        case loaded
        /// It can be loaded.
        case there
        case absent
    }

    /// - Parameter release: of the kernel, as `uname -r` has it.
    func state(release: String) -> State {
        let canonical = name.replacing("-", with: "_")
        if SystemFile.exists("\(root)/sys/module/\(canonical)") { return .loaded }
        let folder = "\(root)/lib/modules/\(release)"
        // What is built in and has no parameters is not in /sys/module.
        if lists("\(folder)/modules.builtin", canonical) { return .loaded }
        return lists("\(folder)/modules.dep", canonical) ? .there : .absent
    }

    /// Whether a line's first path is the module's: `kernel/drivers/md/dm-delay.ko.xz: kernel/drivers/md/dm-mod.ko.xz`.
    private func lists(_ file: String, _ canonical: String) -> Bool {
        guard let text = try? SystemFile.readText(file) else { return false }
        return text.split(separator: "\n").contains { line in
            let path = line.prefix { $0 != ":" }
            let base = path.split(separator: "/").last ?? path
            return base.prefix { $0 != "." }.replacing("-", with: "_") == canonical
        }
    }
}
