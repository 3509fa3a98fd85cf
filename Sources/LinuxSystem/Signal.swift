import Glibc

/// A signal by its kernel number (signal(7)).
public struct Signal: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: Int32

    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// A name with or without the SIG prefix, in any case.
    public init?(name: String) {
        let upper = name.uppercased()
        let bare = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
        guard let number = Signal.names.first(where: { $0.value == bare })?.key else { return nil }
        self.init(rawValue: number)
    }

    public static let hangup = Signal(rawValue: SIGHUP)
    public static let interrupt = Signal(rawValue: SIGINT)
    public static let quit = Signal(rawValue: SIGQUIT)
    public static let kill = Signal(rawValue: SIGKILL)
    public static let terminate = Signal(rawValue: SIGTERM)
    public static let stop = Signal(rawValue: SIGSTOP)
    public static let resume = Signal(rawValue: SIGCONT)

    /// Whether its default action is to stop the process (signal(7)).
    public var stops: Bool { [SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU].contains(rawValue) }

    public var description: String { Signal.names[rawValue].map { "SIG\($0)" } ?? "signal \(rawValue)" }

    /// Every name this type knows, for messages and schemas.
    public static var allNames: [String] { names.values.sorted() }

    private static let names: [Int32: String] = [
        SIGHUP: "HUP", SIGINT: "INT", SIGQUIT: "QUIT", SIGABRT: "ABRT", SIGKILL: "KILL", SIGSEGV: "SEGV",
        SIGPIPE: "PIPE", SIGALRM: "ALRM", SIGTERM: "TERM", SIGUSR1: "USR1", SIGUSR2: "USR2", SIGCONT: "CONT",
        SIGSTOP: "STOP", SIGTSTP: "TSTP", SIGTTIN: "TTIN", SIGTTOU: "TTOU", SIGBUS: "BUS", SIGFPE: "FPE",
        SIGILL: "ILL", SIGTRAP: "TRAP", SIGURG: "URG", SIGXCPU: "XCPU", SIGXFSZ: "XFSZ", SIGWINCH: "WINCH",
    ]
}
