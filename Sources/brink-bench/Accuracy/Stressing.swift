import Cgroups
import LinuxSystem

/// A stressor at work in an empty cgroup of its own: Brink's, or stress-ng's as its peer.
struct Stressing: ~Copyable {
    let cgroup: Cgroup
    let start: Duration
    private let handle: ProcessHandle

    /// - Parameter arguments: of brink-stressor.
    static func own(_ arguments: [String], in home: BenchCgroup) throws -> Stressing {
        try Stressing(try BrinkRun.program("brink-stressor"), arguments, in: home)
    }

    /// - Throws: when Debian's stress-ng is not installed.
    static func peer(_ arguments: [String], in home: BenchCgroup) throws -> Stressing {
        let program = "/usr/bin/stress-ng"
        guard SystemFile.exists(program) else { throw BenchError("\(program) is missing: apt-get install stress-ng") }
        return try Stressing(program, arguments + ["--quiet", "--temp-path", "/tmp"], in: home)
    }

    private init(_ program: String, _ arguments: [String], in home: BenchCgroup) throws {
        let place = home.outer.child("stress")
        try place.killAndRemove()
        try place.create()
        let began = MonotonicClock.now()
        let started = try SpawnRequest(
            program, arguments, environment: ["PATH": "/usr/bin:/bin"], directory: "/", cgroup: place.folder,
            newSession: true
        ).start()
        cgroup = place
        start = began
        handle = started
    }

    /// Ends it and all that it started.
    consuming func end() throws {
        try cgroup.killAndRemove()
        guard handle.hasEnded(within: 10_000) else { throw BenchError("a stressor did not end") }
        _ = try handle.reap()
    }
}
