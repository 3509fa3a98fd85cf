import Glibc
import Logging

/// The process: what must be so before anything else runs, and then the command.
@main enum BookshopProcess {
    static func main() async {
        // A client or server that goes away must be an error of one write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        await Bookshop.main()
    }
}
