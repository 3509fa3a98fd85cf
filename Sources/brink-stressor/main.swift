import Glibc
import LinuxSystem

signal(SIGPIPE, SIG_IGN)

guard let command = StressorCommand(CommandLine.arguments.dropFirst()) else {
    StandardError.line("brink-stressor: started by brink inside a target's cgroup; balloon --bytes N [--ramp-ms MS]")
    exit(64)
}
switch command {
case .balloon(let bytes, let ramp): Balloon(bytes: bytes, ramp: ramp).run()
}
