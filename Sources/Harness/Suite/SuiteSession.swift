import Engine
import Events
import Faults
import Glibc
import LinuxSystem
import Scenarios

/// Runs many scenarios, side by side in lanes, each as a `brink run` of its own with its own guardian, journal, slice,
/// services and ports, and a network of its own where it connects to nothing but what it starts.
///
/// The suite itself is a guarded session that changes nothing but the tree of cgroups: what all lanes need of it stays
/// until the last of them is done. A lane ends itself, and takes everything back, when the suite is gone.
public actor SuiteSession {
    public struct Options: Sendable {
        /// How many scenarios run side by side.
        public var lanes = 2
        /// Passed on to every run.
        public var weaknesses: [String] = []
        public var seed: UInt64?
        /// What is known of the code under test, for the history.
        public var commit: String?
        public var branch: String?
        /// A target profile, by its absolute path; nil for the reference service.
        public var profile: String?
        /// The program `brink`, and version for the record.
        public var program: String
        public var brinkVersion: String

        public init(program: String, brinkVersion: String) {
            self.program = program
            self.brinkVersion = brinkVersion
        }
    }

    public struct Outcome: Sendable {
        /// In the order in which they ended.
        public let attempts: [SuiteAttempt]
        public let session: GuardedSession.Outcome
        public let duration: Duration
    }

    private let options: Options
    private let settings: Settings
    private let session: GuardedSession
    private let begins: @Sendable (SuiteSchedule.Start) -> Void
    private let ends: @Sendable (SuiteAttempt) -> Void
    private let keeps: @Sendable (String) -> Void
    private var schedule: SuiteSchedule
    private var attempts: [SuiteAttempt] = []
    private var running: [Int: ProcessIdentity] = [:]
    private var interruption: String?
    private let start = MonotonicClock.now()

    /// - Parameters:
    ///   - begins: told of every run that begins.
    ///   - ends: told of every run that has ended.
    ///   - keeps: told of the suite's folder when it is there, and after every run that has ended.
    public init(
        _ entries: [SuiteEntry], options: Options, settings: Settings,
        begins: @escaping @Sendable (SuiteSchedule.Start) -> Void, ends: @escaping @Sendable (SuiteAttempt) -> Void,
        keeps: @escaping @Sendable (String) -> Void
    ) {
        self.options = options
        self.settings = settings
        self.begins = begins
        self.ends = ends
        self.keeps = keeps
        schedule = SuiteSchedule(entries, lanes: options.lanes, warmsUp: true)
        var runOptions = RunOptions()
        runOptions.brinkVersion = options.brinkVersion
        runOptions.weaknesses = options.weaknesses
        // Each run has its own deadline; the suite's is far beyond all of them one after the other.
        let longest = entries.reduce(Duration.seconds(600)) { sum, entry in
            let phases = entry.scenario.phases
            let once = phases.baseline * 4 + phases.run + phases.recovery + .seconds(120)
            return sum + once * entry.policy.most
        }
        session = GuardedSession(
            scenario: Scenario(id: "suite"), options: runOptions, settings: settings, longest: longest,
            listener: { _ in })
    }

    /// Ends all runs early; each takes back what it did.
    public func interrupt(_ code: ExitCode) async {
        await session.interrupt(code)
    }

    /// - Throws: `HarnessError` when the suite could not begin at all.
    public func run() async throws -> Outcome {
        let outcome = try await session.run { try await self.work(on: $0) }
        return Outcome(attempts: attempts, session: outcome, duration: MonotonicClock.now() - start)
    }

    private func work(on ground: GuardedSession.Ground) async throws -> (Verdict, String) {
        await session.onInterruption { await self.stop($0) }
        keeps(ground.folder)
        await withTaskGroup(of: (SuiteSchedule.Start, SuiteAttempt).self) { group in
            while true {
                for next in schedule.next() {
                    begins(next)
                    group.addTask { (next, await self.run(next, on: ground)) }
                }
                guard let (start, attempt) = await group.next() else { break }
                attempts.append(attempt)
                ends(attempt)
                keeps(ground.folder)
                let isRestored = attempt.exitCode != ExitCode.hostNotRestored.rawValue
                schedule.ended(
                    start, passed: attempt.exitCode == ExitCode.pass.rawValue,
                    mayTryAgain: isRestored && interruption == nil)
            }
        }
        if let interruption { return (.aborted, interruption) }
        return (.pass, "\(attempts.count) runs")
    }

    private func stop(_ reason: String) {
        interruption = interruption ?? reason
        schedule.stop()
        for process in running.values {
            // One that has ended by now needs no signal.
            do throws(SystemError) { try ProcessHandle(opening: process).send(.terminate) } catch { continue }
        }
    }

    // MARK: One run

    private func run(_ next: SuiteSchedule.Start, on ground: GuardedSession.Ground) async -> SuiteAttempt {
        let id = next.entry.scenario.id
        let out = "\(ground.folder)/\(id)"
        let began = MonotonicClock.now()
        var code: Int32?
        var log = ""
        do {
            try SystemFile.makeFolders(out, mode: 0o700)
            let file = "\(out)/attempt-\(next.attempt).log"
            let output = try OwnedDescriptor.open(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
            var request = SpawnRequest(
                options.program, arguments(next, out, ground.run), environment: environment, directory: "/",
                cgroup: ground.home,
                newSession: true, standardOutput: output.number, standardError: output.number)
            request.hasOwnNetwork = next.entry.scenario.isSelfContained
            let handle = try SuiteSession.start(request)
            try output.close()
            running[next.lane] = handle.identity
            // Asked to stop in the moment in which it began.
            if interruption != nil { try handle.send(.terminate) }
            code = try await SuiteSession.end(of: handle)
            running[next.lane] = nil
            log = String(decoding: try SystemFile.read(file).suffix(4096), as: UTF8.self)
        } catch {
            running[next.lane] = nil
            log = "\(error)"
        }
        return SuiteAttempt(
            entry: next.entry, attempt: next.attempt, exitCode: code, duration: MonotonicClock.now() - began,
            folder: newestRun(in: out, besides: attempts.compactMap(\.folder)), log: log)
    }

    private static func start(_ request: SpawnRequest) throws(SystemError) -> ProcessHandle {
        do throws(SystemError) {
            return try request.start()
        } catch {
            // A kernel without network namespaces, or a host that has no more of them (user.max_net_namespaces,
            // namespaces(7)): ports are free ones anyway.
            guard request.hasOwnNetwork, [.invalidArgument, .notPermitted, .noSpace].contains(error.errno) else {
                throw error
            }
            var shared = request
            shared.hasOwnNetwork = false
            return try shared.start()
        }
    }

    /// Waits without holding a thread, for there may be many lanes.
    private static func end(of handle: borrowing ProcessHandle) async throws -> Int32? {
        while !handle.hasEnded() {
            // Cancelled or not, a run that was started is seen to its end.
            do { try await Task.sleep(for: .milliseconds(50)) } catch { await Task.yield() }
        }
        return try handle.reap()
    }

    private func arguments(_ next: SuiteSchedule.Start, _ out: String, _ suite: String) -> [String] {
        var arguments = [
            "run", next.entry.source, "--only", next.entry.scenario.id, "--lane", "\(next.lane)", "--out", out,
            "--state-dir", settings.stateFolder.path, "--cgroup-root", settings.cgroupRoot, "--suite", suite,
            // Of repetitions each is a first attempt: none is made because another failed.
            "--attempt", "\(next.entry.policy.isRepeated ? 1 : next.attempt)",
        ]
        if let commit = options.commit { arguments += ["--commit", commit] }
        if let branch = options.branch { arguments += ["--branch", branch] }
        for weakness in options.weaknesses { arguments += ["--weakness", weakness] }
        if let profile = options.profile { arguments += ["--profile", profile] }
        if let seed = options.seed { arguments += ["--seed", "\(seed &+ UInt64(next.attempt - 1))"] }
        return arguments
    }

    private var environment: [String: String] {
        [
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "NO_COLOR": "1",
            "BRINK_TEMPLATES": settings.templateFolder, "BRINK_HISTORY": settings.historyFile,
        ]
    }

    /// Each run makes a folder whose name begins with the time; nil when this one did not get so far.
    private func newestRun(in folder: String, besides known: [String]) -> String? {
        let names = (try? SystemFile.entries(of: folder)) ?? []
        return names.map { "\(folder)/\($0)" }.filter { !known.contains($0) && SystemFile.exists("\($0)/events.jsonl") }
            .max()
    }
}
