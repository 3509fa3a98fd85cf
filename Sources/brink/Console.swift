import ArgumentParser
import Glibc
import Harness
import LinuxSystem

/// Results go to standard output, progress to standard error.
enum Console {
    /// Whether standard error is a terminal that wants colour (no-color.org).
    static var usesColor: Bool {
        isatty(STDERR_FILENO) == 1 && getenv("NO_COLOR") == nil && getenv("TERM").map { String(cString: $0) } != "dumb"
    }

    static func progress(_ line: String) {
        StandardError.line(line)
    }

    /// Ends the command with a message and a code of the design's table.
    static func fail(_ message: String, _ code: Harness.ExitCode) -> any Error {
        StandardError.line("brink: \(message)")
        return ArgumentParser.ExitCode(code.rawValue)
    }

    static func end(_ code: Harness.ExitCode) -> any Error {
        ArgumentParser.ExitCode(code.rawValue)
    }
}
