import Glibc
import LinuxSystem

guard let options = ExecOptions(CommandLine.arguments.dropFirst()) else {
    StandardError.line(
        "brink-exec: started by brink: --supervisor NAME --target ID --syscalls A,B [--user U --group G --groups G,…] "
            + "-- PROGRAM [ARGUMENT …]")
    exit(64)
}
exit(ConfinedProgram(options: options).run())
