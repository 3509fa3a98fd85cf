import ArgumentParser
import Glibc

/// The command line.
@main
struct Brink: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "brink",
        abstract:
            "Find the brink of a PostgreSQL-backed service: inject real faults, prove that they took effect, undo them.",
        discussion: """
            Start with `brink doctor`, then `brink run cascade.pool-and-database`.

            Exit codes: 0 pass, 1 expectation failed, 3 guard abort, 4 inconclusive, 5 regression, 6 flaky, 10 host not restored, 64 usage, \
            65 scenario, 69 preflight, 70 internal, 77 not privileged, 130/143 interrupted after clean-up.
            """,
        version: Version.current,
        subcommands: [
            DoctorCommand.self, InitCommand.self, FaultsCommand.self, SchemaCommand.self, ValidateCommand.self,
            PlanCommand.self, RunCommand.self, SuiteCommand.self, SqueezeCommand.self, BaselineCommand.self,
            ProxyCommand.self, AlertsCommand.self, AttachCommand.self, ReportCommand.self, WatchCommand.self,
            HistoryCommand.self, FlakeCommand.self, VerifyCommand.self, RecoverCommand.self,
        ])

    static func main() async {
        // What is made for services that run as other users says its mode itself; a stricter mask would shut them out.
        umask(0o022)
        // Before anything else: a peer that hangs up must be an error of the write, not the end of the harness.
        signal(SIGPIPE, SIG_IGN)
        // A harness that crashes must die at once, so that its guardian undoes: the runtime's backtrace takes seconds.
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] { signal(number, SIG_DFL) }
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            exit(withError: error)
        }
    }
}

/// The version of this package.
enum Version {
    static let current = "0.1.0"
}
