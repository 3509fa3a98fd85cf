import Cgroups
import Glibc
import LinuxSystem

/// Measures what Brink costs and how fast it acts. scripts/bench builds and calls it.
@main
struct BrinkBench {
    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        do {
            let options = try BenchOptions(CommandLine.arguments.dropFirst())
            try await run(options)
        } catch {
            StandardError.line("brink-bench: \(error)")
            exit(70)
        }
    }

    private static func run(_ options: BenchOptions) async throws {
        if options.makesFixture {
            guard let fixture = options.fixture else { throw BenchError("--make-fixture needs --fixture") }
            return try FixtureTree.make(in: fixture)
        }
        let wanted = Set(["cpu", "io", "memory", "pids"])
        let controllers = (try? CgroupHierarchy(mountedAt: "/sys/fs/cgroup").controllers()) ?? []
        let hasControllers = wanted.isSubset(of: controllers)
        let place = "/var/tmp/brink-bench-\(getpid())"
        // Others must be able to enter: the database server is not root.
        try SystemFile.makeFolders(place, mode: 0o711)
        let outcome: Result<[Figure], any Error>
        do {
            outcome = .success(try await figures(options, place, hasControllers))
        } catch {
            outcome = .failure(error)
        }
        if hasControllers { try? CgroupHierarchy(mountedAt: "/sys/fs/cgroup").cgroup("brink-bench").killAndRemove() }
        let report = BenchReport(try outcome.get(), hasControllers: hasControllers)
        try SystemFile.removeTree(place)
        try SystemFile.replace(options.out, try report.json, mode: 0o644)
        print(report.table)
    }

    private static func figures(_ options: BenchOptions, _ place: String, _ hasControllers: Bool) async throws
        -> [Figure]
    {
        var figures: [Figure] = []
        if options.wants("faults"), hasControllers {
            StandardError.line("brink-bench: faults")
            figures += try FaultBench(place: place, runs: options.runs).measure()
        }
        if options.wants("guardian"), hasControllers {
            StandardError.line("brink-bench: guardian")
            figures += try GuardianBench(place: place, runs: options.runs).measure()
        }
        if options.wants("accuracy"), hasControllers {
            StandardError.line("brink-bench: accuracy")
            figures += try AccuracyBench(place: place, runs: options.runs, disk: options.disk).measure()
        }
        if options.wants("syscalls"), hasControllers {
            StandardError.line("brink-bench: syscalls")
            figures += try SyscallBench(place: place, runs: options.runs).measure()
        }
        if options.wants("proxy") {
            StandardError.line("brink-bench: proxy")
            figures += try ProxyBench(place: place, runs: options.runs, toxiproxy: options.toxiproxy).measure()
        }
        if options.wants("report") {
            StandardError.line("brink-bench: report")
            figures += try ReportBench(place: place, runs: options.runs).measure()
        }
        if options.wants("sampler") {
            StandardError.line("brink-bench: sampler")
            figures += try SamplerBench(
                runs: options.runs, fixture: options.fixture, hasControllers: hasControllers
            ).measure()
        }
        if options.wants("latency") {
            StandardError.line("brink-bench: latency")
            figures += try await LatencyBench(
                place: place, runs: options.runs, rate: options.rate, fixture: options.fixture,
                hasControllers: hasControllers
            ).measure()
        }
        return figures
    }
}
