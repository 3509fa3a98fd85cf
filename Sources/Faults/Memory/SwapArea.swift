import LinuxSystem

/// The machine's swap.
enum SwapArea {
    /// Whether any is in use (proc(5), /proc/swaps: a heading and a line for each).
    static func isThere() throws(SystemError) -> Bool {
        try SystemFile.readText("/proc/swaps").split(separator: "\n").count > 1
    }
}
