import LinuxSystem

/// Finds programs that Debian packages install.
enum Program {
    /// - Throws: naming the package when the program is in none of the system's folders.
    static func find(_ name: String, package: String) throws(HarnessError) -> String {
        for folder in ["/usr/sbin", "/usr/bin", "/usr/local/bin", "/sbin", "/bin"] {
            let path = "\(folder)/\(name)"
            if SystemFile.exists(path) { return path }
        }
        throw HarnessError(.preflight, "\(name) is not installed: apt-get install \(package)")
    }
}
