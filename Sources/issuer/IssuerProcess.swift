import Glibc
import Logging

/// The process: what must be so before anything else runs, and then the command.
@main enum IssuerProcess {
    static func main() async {
        // A client that goes away must be an error of one write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        await IssuerCommand.main()
    }
}
