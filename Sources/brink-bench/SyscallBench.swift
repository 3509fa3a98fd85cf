import Foundation
import LinuxSystem

/// What a system call costs in a program under `syscall.inject`: one that a rule names, whether the rule is on or off,
/// and one that none names, beside the same program without a filter.
struct SyscallBench {
    let place: String
    let runs: Int

    /// Times two calls that do nothing, a thousand at a time, and writes microseconds a call.
    private static let program = """
        use Time::HiRes 'time'; use POSIX; open(my $f, '>>', $ARGV[0]) or die; $f->autoflush(1);
        while (1) {
            my $s = time; getppid() for 1..1000; my $named = (time - $s) * 1000;
            $s = time; POSIX::getuid() for 1..1000; my $other = (time - $s) * 1000;
            printf $f "%.3f %.4f %.4f\\n", Time::HiRes::clock_gettime(Time::HiRes::CLOCK_MONOTONIC()), $named, $other;
            select undef, undef, undef, 0.05;
        }
        """

    private var file: String { "\(place)/calls" }

    func measure() throws -> [Figure] {
        var bare: [Double] = []
        var other: [Double] = []
        var off: [Double] = []
        var on: [Double] = []
        for _ in 0..<runs {
            let free = try unfiltered()
            bare.append(Figure.median(free.map(\.named)))
            let (before, during) = try filtered()
            off.append(Figure.median(before.map(\.named)))
            on.append(Figure.median(during.map(\.named)))
            other.append(Figure.median((before + during).map(\.other)))
        }
        return [
            Figure("syscalls", "without a filter", "µs a call", bare),
            Figure("syscalls", "under a filter that names another call", "µs a call", other),
            Figure("syscalls", "named by a rule that is off", "µs a call", off),
            Figure("syscalls", "named by a rule that answers it", "µs a call", on),
        ].compactMap(\.self)
    }

    private typealias Line = (time: Double, named: Double, other: Double)

    private func unfiltered() throws -> [Line] {
        try SystemFile.removeTree(file)
        let handle = try SpawnRequest(
            "/usr/bin/perl", ["-e", Self.program, file], environment: ["PATH": "/usr/bin:/bin"], directory: "/"
        ).start()
        MonotonicClock.pause(milliseconds: 2000)
        try handle.send(.kill)
        guard handle.hasEnded(within: 10_000) else { throw BenchError("the timing program did not end") }
        _ = try handle.reap()
        return try lines()
    }

    /// Before the rule was switched on, and while it was.
    private func filtered() throws -> ([Line], [Line]) {
        try SystemFile.removeTree(file)
        // A double-quoted YAML scalar is JSON.
        let words = ["-e", Self.program, file]
        let arguments = String(decoding: try JSONEncoder().encode(words), as: UTF8.self)
        let scenario = """
            apiVersion: brink/v1
            id: bench-syscalls
            services: {calls: {command: {path: /usr/bin/perl, arguments: \(arguments)}}}
            targets: {calls: {service: calls}}
            phases: {baseline: 2s, run: 3s, recovery: 0s}
            faults: [{id: answer, at: 500ms, for: 2s, syscall.inject: {target: calls, rules: "getppid:retval=1"}}]
            """
        let run = BrinkRun(place: place)
        try run.finish(try run.start(scenario), within: 120)
        var injected: Double?
        var ended: Double?
        var start: Double?
        for event in try run.events() {
            switch event.kind {
            case .phase(let change) where change.phase == .baseline: start = event.time
            case .fault(let change) where change.id == "answer" && change.state == .injected: injected = event.time
            case .fault(let change) where change.id == "answer" && change.state == .ended: ended = event.time
            default: continue
            }
        }
        guard let start, let injected, let ended else { throw BenchError("the rule was not switched on: \(run.log)") }
        let lines = try lines()
        guard let first = lines.first?.time else { throw BenchError("the timing program wrote nothing: \(run.log)") }
        // The program began just before the baseline; its clock is the kernel's, that of the events the run's.
        let zero = first - start
        return (
            lines.filter { $0.time - zero < injected - 0.2 },
            lines.filter { $0.time - zero > injected + 0.2 && $0.time - zero < ended - 0.2 }
        )
    }

    private func lines() throws -> [Line] {
        try SystemFile.readText(file).split(separator: "\n").compactMap { line in
            let numbers = line.split(separator: " ").compactMap { Double($0) }
            return numbers.count == 3 ? (numbers[0], numbers[1], numbers[2]) : nil
        }
    }
}
