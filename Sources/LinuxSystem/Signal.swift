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

    /// Every name this type knows, in the order of their numbers, for messages and schemas.
    public static var allNames: [String] { names.sorted { $0.key < $1.key }.map(\.value) }

    private static let names: [Int32: String] = {
        var names: [Int32: String] = [
            SIGHUP: "HUP", SIGINT: "INT", SIGQUIT: "QUIT", SIGILL: "ILL", SIGTRAP: "TRAP", SIGABRT: "ABRT",
            SIGBUS: "BUS", SIGFPE: "FPE", SIGKILL: "KILL", SIGUSR1: "USR1", SIGSEGV: "SEGV", SIGUSR2: "USR2",
            SIGPIPE: "PIPE", SIGALRM: "ALRM", SIGTERM: "TERM", SIGSTKFLT: "STKFLT", SIGCHLD: "CHLD", SIGCONT: "CONT",
            SIGSTOP: "STOP", SIGTSTP: "TSTP", SIGTTIN: "TTIN", SIGTTOU: "TTOU", SIGURG: "URG", SIGXCPU: "XCPU",
            SIGXFSZ: "XFSZ", SIGVTALRM: "VTALRM", SIGPROF: "PROF", SIGWINCH: "WINCH", SIGPOLL: "IO", SIGPWR: "PWR",
            SIGSYS: "SYS", firstRealTime: "RTMIN", lastRealTime: "RTMAX",
        ]
        for number in (firstRealTime + 1)..<lastRealTime { names[number] = "RTMIN+\(number - firstRealTime)" }
        return names
    }()

    /// SIGRTMIN, which C asks glibc for: the kernel's 32 and 33 are the threads library's own (signal(7)).
    private static let firstRealTime: Int32 = 34
    private static let lastRealTime: Int32 = 64
}
