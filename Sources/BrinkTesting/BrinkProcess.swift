import Foundation
import Glibc

/// A brink that runs as a child, and the pipes to it.
final class BrinkProcess: Sendable {
    let input: RequestPipe
    let answers: LineReader
    let errors: ErrorTail
    private let process: Process

    /// - Throws: when the program cannot be started.
    init(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        self.process = process
        self.input = RequestPipe(input.fileHandleForWriting)
        self.answers = LineReader(output.fileHandleForReading)
        self.errors = ErrorTail(errors.fileHandleForReading)
    }

    /// Waits for what it says first, which tells whether it has begun.
    /// - Parameters:
    ///   - patience: how long that may take; then it is ended.
    ///   - grace: how long it may take to end by itself, with everything taken back.
    /// - Throws: `BrinkFailure` when it ends, or says nothing in time.
    func firstLine(within patience: Duration, grace: Duration) throws -> Data {
        let first: Data?
        do {
            first = try answers.next(by: ContinuousClock.now.advanced(by: patience))
        } catch is LineReader.Late {
            end(within: grace)
            throw BrinkFailure(
                """
                brink was not ready within \(patience) and was ended. If the services take longer to start, give \
                AttachedBrink.start or .brinkEnvironment a longer patience. What brink said: \
                \(errors.text.isEmpty ? "nothing" : errors.text)
                """)
        }
        guard let line = first else {
            process.waitUntilExit()
            throw BrinkFailure("brink has ended with \(process.terminationStatus): \(errors.text)")
        }
        return line
    }

    func waitUntilExit() {
        process.waitUntilExit()
    }

    /// Asks it to take everything back and to end. One that does not is killed, and its guardian takes everything back.
    private func end(within grace: Duration) {
        process.terminate()
        let last = ContinuousClock.now.advanced(by: grace)
        while process.isRunning, ContinuousClock.now < last { Thread.sleep(forTimeInterval: 0.02) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
}
