import CLinux
import Glibc
import LinuxSystem

/// Opens descriptors and keeps them: the system's table of open files, and the kernel memory behind them that is
/// charged to the cgroup, are what others then lack.
struct DescriptorHoard: StressorCommand {
    static let name = "hoard"
    static let usage = "--count N --kind file|pipe|socket"

    private enum Kind: String {
        case file, pipe, socket
    }

    private let count: Int
    private let kind: Kind

    init?(_ options: inout StressorOptions) {
        guard let count = options.number("count"), count > 0,
            let kind = options.text("kind").flatMap(Kind.init(rawValue:))
        else { return nil }
        self.count = count
        self.kind = kind
    }

    func run() -> Never {
        raiseLimit()
        var held = 0
        while held < count {
            if !open(&held) {
                StandardError.line("brink-stressor: holds \(held) of \(count): \(String(cString: strerror(errno)))")
                break
            }
        }
        while true { pause() }
    }

    private func open(_ held: inout Int) -> Bool {
        switch kind {
        case .file:
            guard Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0 else { return false }
            held += 1
        case .pipe:
            var ends: [Int32] = [0, 0]
            guard cl_pipe(&ends) >= 0 else { return false }
            held += 2
        case .socket:
            // A UDP socket without a port: it uses nothing outside this process.
            guard socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0) >= 0 else {
                return false
            }
            held += 1
        }
        return true
    }

    private func raiseLimit() {
        let limit = ResourceLimit.openFiles
        let wanted = UInt64(count + 64)
        guard let values = try? limit.read(getpid()), values.soft < wanted else { return }
        // Without the right to raise it the hoard stays smaller, which the fault reports.
        try? limit.write(getpid(), ResourceLimit.Values(soft: wanted, hard: max(values.hard, wanted)))
    }
}
