import Glibc
import LinuxSystem

/// Writes a block and calls fsync(2), over and over, from several threads with a file each: what a busy neighbour does
/// to a journal on the same device.
struct FsyncStorm: StressorCommand {
    static let name = "fsync"
    static let usage = "--folder PATH --writers N --block BYTES"

    private let folder: String
    private let writers: Int
    private let block: Int

    init?(_ options: inout StressorOptions) {
        guard let folder = options.text("folder"), let writers = options.number("writers"), (1...256).contains(writers),
            let block = options.number("block"), block > 0
        else { return nil }
        self.folder = folder
        self.writers = writers
        self.block = block
    }

    func run() -> Never {
        for number in 1..<writers { start(number) }
        FsyncStorm.write("\(folder)/0", block)
    }

    private final class Job {
        let path: String
        let block: Int

        init(path: String, block: Int) {
            self.path = path
            self.block = block
        }
    }

    private func start(_ number: Int) {
        var thread = pthread_t()
        let job = Unmanaged.passRetained(Job(path: "\(folder)/\(number)", block: block))
        let failure = pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                let job = Unmanaged<Job>.fromOpaque(raw).takeRetainedValue()
                FsyncStorm.write(job.path, job.block)
            }, job.toOpaque())
        if failure != 0 {
            StandardError.line("brink-stressor: pthread_create: \(String(cString: strerror(failure)))")
            exit(71)
        }
    }

    /// The file stays one block long: it is the flushes that weigh, not the space.
    private static func write(_ path: String, _ block: Int) -> Never {
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        var bytes = [UInt8](repeating: 0, count: block)
        var round: UInt8 = 0
        while file >= 0 {
            round &+= 1
            bytes[0] = round
            if pwrite(file, bytes, block, 0) < 0 || fsync(file) < 0 { break }
        }
        StandardError.line("brink-stressor: fsync on \(path): \(String(cString: strerror(errno)))")
        exit(74)
    }
}
