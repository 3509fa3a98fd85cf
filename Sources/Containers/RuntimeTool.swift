import Foundation
import Glibc
import LinuxSystem
import SystemPackage

/// A runtime's command-line tool, called with an argument array, a time limit and bounded output.
struct RuntimeTool: Sendable {
    /// How a call ended.
    private enum End {
        case exited(Int32)
        case tooSlow
        case tooMuch
    }

    let path: String
    /// A daemon that is busy starting a container answers late; one that hangs never does.
    var timeLimit: Duration = .seconds(30)
    /// Some 500 containers, each described at length.
    var outputLimit = 8 << 20

    init(path: String) {
        self.path = path
    }

    /// What it wrote to standard output.
    /// - Throws: with what it wrote to standard error when it ended with another status than 0, too late or with more
    ///   output than any answer has.
    func output(_ arguments: [String]) throws(ContainerError) -> [UInt8] {
        let call = "`\(path) \(arguments.joined(separator: " "))`"
        let end: End
        let output: [UInt8]
        let errors: [UInt8]
        do throws(SystemError) {
            (end, output, errors) = try run(arguments)
        } catch {
            throw ContainerError("\(call): \(error)")
        }
        let said = errors.isEmpty ? "" : ": \(String(errors.trimmedText.suffix(400)))"
        switch end {
        case .exited(0): return output
        case .exited(let code): throw ContainerError("\(call) ended with status \(code)\(said)")
        case .tooSlow: throw ContainerError("\(call) did not end within \(timeLimit)\(said)")
        case .tooMuch: throw ContainerError("\(call) said more than \(outputLimit) bytes")
        }
    }

    /// The answer as JSON of a known form.
    func answer<Value: Decodable>(_ type: Value.Type, _ arguments: [String]) throws(ContainerError) -> Value {
        let output = try output(arguments)
        do {
            return try JSONDecoder().decode(type, from: Data(output))
        } catch {
            throw ContainerError(
                "`\(path) \(arguments.joined(separator: " "))` answered what is not the JSON expected (\(error)): "
                    + String(output.trimmedText.prefix(200)))
        }
    }

    private func run(_ arguments: [String]) throws(SystemError) -> (End, output: [UInt8], errors: [UInt8]) {
        let outputPipe = try OwnedDescriptor.pipe().split()
        let output = OwnedDescriptor(owning: outputPipe.read)
        let outputEnd = OwnedDescriptor(owning: outputPipe.write)
        let errorPipe = try OwnedDescriptor.pipe().split()
        let errors = OwnedDescriptor(owning: errorPipe.read)
        let errorEnd = OwnedDescriptor(owning: errorPipe.write)
        // Its own environment is what tells a person's tool which daemon and which storage to use.
        let handle = try SpawnRequest(
            path, arguments, environment: ProcessInfo.processInfo.environment, directory: "/", newSession: true,
            standardOutput: outputEnd.number, standardError: errorEnd.number
        ).start()
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
            return (end, texts[0], texts[1])
        }
        guard let code = try handle.reap() else {
            throw SystemError("reap", on: "\(handle.identity)", .noChildProcess)
        }
        return (.exited(code), texts[0], texts[1])
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
