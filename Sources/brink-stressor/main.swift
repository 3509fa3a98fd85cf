import Glibc
import LinuxSystem

signal(SIGPIPE, SIG_IGN)

let kinds: [any StressorCommand.Type] = [
    Balloon.self, Burner.self, DescriptorHoard.self, FsyncStorm.self, Leak.self, PageCache.self,
    WorkingSet.self,
]
let name = CommandLine.arguments.dropFirst().first
if let kind = kinds.first(where: { $0.name == name }),
    var options = StressorOptions(CommandLine.arguments.dropFirst(2)),
    let command = kind.init(&options), !options.hasLeftovers
{
    command.run()
}
StandardError.line("brink-stressor: started by brink inside a target's cgroup. It knows:")
for kind in kinds { StandardError.line("  \(kind.name) \(kind.usage)") }
exit(64)
