import Engine
import Glibc
import LinuxSystem

/// The address of a name server.
struct NameServer: Hashable, Sendable {
    let text: String
    /// 4 or 16, in the order of the network.
    let bytes: [UInt8]

    var isIPv6: Bool { bytes.count == 16 }

    init?(_ text: String) {
        self.text = text
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 {
                self.bytes = bytes
                return
            }
        }
        return nil
    }

    /// The first that a process's resolver asks (resolv.conf(5)), as its own root shows the file.
    /// - Throws: when there is none, or the file is a link, which would lead out of that root.
    static func first(of pid: Int32) throws -> NameServer {
        let file = "/proc/\(pid)/root/etc/resolv.conf"
        var status = stat()
        guard lstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw FaultError("\(file) is not there or is no plain file: say which name server as server: ADDRESS")
        }
        let text = String(decoding: try SystemFile.read(file), as: UTF8.self)
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            if words.count > 1, words[0] == "nameserver", let server = NameServer(String(words[1])) { return server }
        }
        throw FaultError("\(file) names no name server: say which as server: ADDRESS")
    }
}
