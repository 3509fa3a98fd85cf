import Glibc
import LinuxSystem
import Testing

@Suite struct KernelFileTests {
    @Test func eachReadIsAnew() throws {
        let path = "/tmp/brink-kernel-file-\(getpid())-\(UInt32.random(in: .min ... .max))"
        defer { try? SystemFile.removeTree(path) }
        try SystemFile.replace(path, Array("one\n".utf8))
        let file = try KernelFile(path)
        #expect(try file.read().trimmedText == "one")
        let long = [UInt8](repeating: 120, count: 40_000)
        let writer = try OwnedDescriptor.open(path, O_WRONLY | O_TRUNC)
        try writer.write(long)
        try writer.close()
        #expect(try file.read() == long)
        #expect(try KernelFile("/proc/self/stat").read().isEmpty == false)
        #expect(throws: SystemError.self) { try KernelFile("\(path).none") }
    }
}
