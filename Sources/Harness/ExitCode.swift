import Events

/// What the command says to the one that called it; the design's table.
public enum ExitCode: Int32, Sendable {
    case pass = 0
    case expectationFailed = 1
    case guardAbort = 3
    case inconclusive = 4
    case regression = 5
    case flaky = 6
    case hostNotRestored = 10
    case usage = 64
    case invalidScenario = 65
    case preflight = 69
    case `internal` = 70
    case notPrivileged = 77
    case interrupted = 130
    case terminated = 143

    /// The code of a finished run. A host that is not as it was wins over everything.
    public init(_ verdict: Verdict, hostRestored: Bool, interruption: ExitCode?) {
        guard hostRestored else {
            self = .hostNotRestored
            return
        }
        switch verdict {
        case .pass: self = .pass
        case .fail: self = .expectationFailed
        case .error: self = .internal
        case .inconclusive: self = .inconclusive
        case .aborted: self = interruption ?? .guardAbort
        }
    }
}

/// Why a run could not begin or go on, with the exit code that says so.
public struct HarnessError: Error, Sendable, CustomStringConvertible {
    public let code: ExitCode
    public let description: String

    public init(_ code: ExitCode, _ description: String) {
        self.code = code
        self.description = description
    }
}
