import Glibc
import SystemPackage

extension OwnedDescriptor {
    /// Reads just so many bytes at an offset (pread(2)).
    /// - Throws: EIO for a file that ends before.
    public borrowing func read(_ count: Int, at offset: UInt64) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes {
                pread(number, $0.baseAddress?.advanced(by: done), count - done, off_t(clamping: offset) + off_t(done))
            }
            if got < 0, Glibc.errno == EINTR { continue }
            guard got > 0 else {
                let code = got < 0 ? Errno(rawValue: Glibc.errno) : .ioError
                throw SystemError(
                    "read \(count) bytes at \(offset)", on: "descriptor \(number)", code,
                    advice: got == 0 ? "the file ends before" : nil)
            }
            done += got
        }
        return bytes
    }

    /// Writes all bytes at an offset (pwrite(2)).
    public borrowing func write(_ bytes: [UInt8], at offset: UInt64) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let put = bytes.withUnsafeBytes {
                let rest = $0.count - done
                return pwrite(number, $0.baseAddress?.advanced(by: done), rest, off_t(clamping: offset) + off_t(done))
            }
            if put < 0, Glibc.errno == EINTR { continue }
            guard put > 0 else {
                throw SystemError(
                    "write \(bytes.count) bytes at \(offset)", on: "descriptor \(number)",
                    Errno(rawValue: Glibc.errno))
            }
            done += put
        }
    }
}
