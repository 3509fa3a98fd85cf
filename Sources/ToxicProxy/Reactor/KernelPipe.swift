import CLinux
import Glibc

/// A pipe that carries bytes from one socket to another inside the kernel (splice(2)).
struct KernelPipe {
    let read: Int32
    let write: Int32
    /// How many pieces it holds at the least: each takes a page, however small it is.
    let slots: Int

    /// As large as pipe(7) allows without privileges to exceed it.
    static let size: Int32 = 1 << 20

    /// Nil when descriptors or memory have run out.
    static func make() -> KernelPipe? {
        var ends: [Int32] = [-1, -1]
        let size = cl_pipe_of_size(&ends, KernelPipe.size)
        guard size > 0 else { return nil }
        return KernelPipe(read: ends[0], write: ends[1], slots: Int(size) / 4096)
    }

    func close() {
        _ = Glibc.close(read)
        _ = Glibc.close(write)
    }
}

/// Pipes without content, kept for the next stream that has something to carry: an idle connection holds none.
struct PipePool {
    private var idle: [KernelPipe] = []
    private static let mostIdle = 64

    mutating func take() -> KernelPipe? { idle.popLast() ?? KernelPipe.make() }

    /// Takes back an empty pipe.
    mutating func give(_ pipe: KernelPipe) {
        if idle.count < PipePool.mostIdle { idle.append(pipe) } else { pipe.close() }
    }
}
