import Glibc
import LinuxSystem

signal(SIGPIPE, SIG_IGN)
// The terminal's Ctrl-C and a CI job's TERM are meant for the harness; the guardian outlives it.
signal(SIGINT, SIG_IGN)
signal(SIGTERM, SIG_IGN)
signal(SIGHUP, SIG_IGN)

guard let options = GuardianOptions(CommandLine.arguments.dropFirst()) else {
    StandardError.line("brink-guardian: started by brink, with the arguments that it knows; see `brink run --help`")
    exit(64)
}
exit(Guardian(options: options).run().rawValue)
