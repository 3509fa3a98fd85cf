import Glibc
import LinuxSystem
import Synchronization
import SystemPackage

/// Finds free TCP ports on loopback.
///
/// Below the ports that the kernel gives to clients (32768 and up, ip(7)), so that no connection takes one in the moment
/// before it is used, and for each process from a stretch of its own, so that runs side by side do not take each other's.
enum FreePort {
    private static let first = 15_000
    private static let stretch = 100
    private static let stretches = 160

    /// How many this process has looked at.
    private static let looked = Atomic<Int>(0)

    /// A port that nobody listens on now. Another program could take it before it is used; that shows as a clear
    /// error of the program that wanted it.
    static func find() throws(SystemError) -> Int {
        // Neighbours in time are neighbours in number, and get stretches far apart.
        let own = first + Int(getpid()) * 37 % stretches * stretch
        for _ in 0..<stretches * stretch {
            let (number, _) = looked.add(1, ordering: .relaxed)
            let port = first + (own - first + number) % (stretches * stretch)
            if try isFree(port) { return port }
        }
        throw SystemError(
            "find a free port", on: "127.0.0.1", .addressInUse,
            advice: "all from \(first) to \(first + stretches * stretch - 1) are taken")
    }

    private static func isFree(_ port: Int) throws(SystemError) -> Bool {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError("open a socket", on: "127.0.0.1", Errno(rawValue: errno)) }
        let descriptor = OwnedDescriptor(owning: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let outcome = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor.number, $0, size) }
        }
        let failure = Errno(rawValue: errno)
        try descriptor.close()
        if outcome != 0, failure != .addressInUse {
            throw SystemError("find a free port", on: "127.0.0.1", failure)
        }
        return outcome == 0
    }
}
