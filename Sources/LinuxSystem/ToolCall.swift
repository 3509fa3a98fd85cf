import Glibc
import SystemPackage

/// One call of another program that says something and ends: an argument array (never a shell), a time limit and bounded
/// output.
public struct ToolCall: Sendable {
    /// How a call ended.
    public enum End: Hashable, Sendable {
        case exited(Int32)
        case tooSlow
        case tooMuch
    }

    public struct Result: Sendable {
        public let end: End
        public let output: [UInt8]
        public let errors: [UInt8]
    }

    /// Absolute path of the program.
    public var path: String
    public var arguments: [String]
    public var environment: [String: String]
    /// What it reads from standard input; at most what a pipe holds, 64 KiB (pipe(7)).
    public var input: [UInt8]
    /// It is killed, with what it started, when it takes longer.
    public var timeLimit: Duration
    /// Bytes it may write to standard output or standard error.
    public var outputLimit: Int
    /// The cgroup folder that it is started in, with all that it leaves running; nil for the caller's own.
    public var cgroup: String?

    public init(
        _ path: String, _ arguments: [String], environment: [String: String] = [:], input: [UInt8] = [],
        timeLimit: Duration = .seconds(30), outputLimit: Int = 8 << 20
    ) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.input = input
        self.timeLimit = timeLimit
        self.outputLimit = outputLimit
    }

    /// The call as a person would type it.
    public var words: String { "`\(([path] + arguments).joined(separator: " "))`" }

    /// Runs it to its end, in the namespaces of the calling thread.
    /// - Throws: the error of the start; whatever the program does is a result.
    public func run() throws(SystemError) -> Result {
        let outputPipe = try OwnedDescriptor.pipe().split()
        let output = OwnedDescriptor(owning: outputPipe.read)
        let outputEnd = OwnedDescriptor(owning: outputPipe.write)
        let errorPipe = try OwnedDescriptor.pipe().split()
        let errors = OwnedDescriptor(owning: errorPipe.read)
        let errorEnd = OwnedDescriptor(owning: errorPipe.write)
        let inputPipe = try OwnedDescriptor.pipe().split()
        let inputEnd = OwnedDescriptor(owning: inputPipe.read)
        let feed = OwnedDescriptor(owning: inputPipe.write)
        guard input.count <= 1 << 16 else {
            throw SystemError("write \(input.count) bytes", on: "the input of \(path)", .fileTooLarge)
        }
        try feed.write(input)
        try feed.close()
        var request = SpawnRequest(
            path, arguments, environment: environment, directory: "/", cgroup: cgroup, newSession: true,
            standardInput: inputEnd.number, standardOutput: outputEnd.number, standardError: errorEnd.number)
        // It must not go on changing the host when this process was killed and what it changed is being undone.
        request.endsWithParent = true
        let handle = try request.start()
        try inputEnd.close()
        try outputEnd.close()
        try errorEnd.close()

        var texts: [[UInt8]] = [[], []]
        let end = follow(handle.descriptorNumber, [output.number, errors.number], &texts)
        try output.close()
        try errors.close()
        if let end {
            // Not reaped yet, so the number is still its session's: what it started ends with it.
            kill(-handle.identity.pid, SIGKILL)
            _ = handle.hasEnded(within: 5000)
            _ = try handle.reap()
            return Result(end: end, output: texts[0], errors: texts[1])
        }
        guard let code = try handle.reap() else {
            throw SystemError("reap", on: "\(handle.identity)", .noChildProcess)
        }
        return Result(end: .exited(code), output: texts[0], errors: texts[1])
    }

    /// Reads until the process has ended.
    /// - Returns: why it must be killed; nil when it has ended by itself.
    private func follow(_ process: Int32, _ streams: [Int32], _ texts: inout [[UInt8]]) -> End? {
        let last = MonotonicClock.now() + timeLimit
        var entries = (streams + [process]).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let left = last - MonotonicClock.now()
            guard left > .zero else { return .tooSlow }
            let count = poll(&entries, nfds_t(entries.count), Int32(left / .milliseconds(1)) + 1)
            if count < 0 { continue }
            var hasRead = false
            for index in texts.indices where entries[index].revents != 0 {
                let length = read(entries[index].fd, &buffer, buffer.count)
                if length > 0 {
                    texts[index] += buffer[..<length]
                    hasRead = true
                } else if length == 0 || Glibc.errno != EINTR {
                    // A negative number is left out by poll(2).
                    entries[index].fd = -1
                }
            }
            if texts.contains(where: { $0.count > outputLimit }) { return .tooMuch }
            // Whoever else holds the pipes, a monitor that stays behind, is not waited for.
            if entries[texts.count].revents != 0, !hasRead { return nil }
        }
    }
}
