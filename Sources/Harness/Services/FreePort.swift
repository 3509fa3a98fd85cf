import Glibc
import LinuxSystem
import SystemPackage

/// Finds free TCP ports on loopback.
enum FreePort {
    /// A port that nobody listens on now. Another program could take it before it is used; that shows as a clear
    /// error of the program that wanted it.
    static func find() throws(SystemError) -> Int {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError("open a socket", on: "127.0.0.1", Errno(rawValue: errno)) }
        let descriptor = OwnedDescriptor(owning: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        var length = size
        let outcome = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor.number, pointer, size) == 0 ? getsockname(descriptor.number, pointer, &length) : -1
            }
        }
        guard outcome == 0 else { throw SystemError("find a free port", on: "127.0.0.1", Errno(rawValue: errno)) }
        try descriptor.close()
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
