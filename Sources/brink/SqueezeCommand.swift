import ArgumentParser
import Events
import Harness
import Reports
import Scenarios
import Squeeze

struct SqueezeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "squeeze",
        abstract:
            "Find the least memory, CPU, descriptors, pids, connections or IO with which a target still meets an objective.",
        discussion: """
            Examples:
              brink squeeze app memory --slo 'latency.p99 < 500ms and errors.rate < 0.1%'
              brink squeeze cgroup:shop.slice/web cpu --slo 'latency.p99 < 50ms' --url http://127.0.0.1:8080/graphql
              brink squeeze cgroup:batch.slice memory --slo 'target.memory.pressure.some.share < 1%'
              brink squeeze cgroup:batch.slice --trace

            TARGET is a target or service of the scenario, or cgroup:PATH, pid:N, name:PROCESS, container:NAME or \
            unit:NAME, whose metrics begin with "target.". Every step is undone and logged. Results go to brink-out/RUN: squeeze.json or trace.json, events.jsonl, \
            report.html with the curve. Exits 0 when the brink was found or the target held down to the floor, 4 when \
            it could not be told surely enough, 3 when the target did not recover after a step.
            """)

    @Argument(help: "What to squeeze: a target's id, cgroup:PATH, pid:N, name:PROCESS, container:NAME or unit:NAME.")
    var target: String

    @Argument(help: "What to take away: \(SqueezeKnob.all.map(\.name).joined(separator: ", ")).")
    var knob = "memory"

    @Option(help: ArgumentHelp("The objective, over metrics of a window.", valueName: "condition"))
    var slo: String?

    @Flag(help: "Squeeze nothing: follow the working set by gentle reclaim and memory pressure.") var trace = false

    @Option(help: "A scenario file or shipped scenario with services, targets and load; its faults are not used.")
    var scenario = "cascade.pool-and-database"

    @Option(
        help: ArgumentHelp("With cgroup:, pid:, name:, container: or unit:, where the load goes.", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("With --url, requests per second.", valueName: "rate")) var rate = "20/s"

    @OptionGroup var search: SqueezeSearchOptions

    @Option(help: "text or json.") var format = OutputFormat.text
    @Option(help: "Seed of every random choice, in place of the scenario's.") var seed: UInt64?
    @OptionGroup var code: CodeOptions
    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        guard slo != nil || trace else {
            throw ValidationError("give an objective with --slo, such as --slo 'latency.p99 < 50ms', or --trace")
        }
        guard slo == nil || !trace else {
            throw ValidationError("--trace squeezes nothing, so it has no use for --slo")
        }
        if case .rate(let value)? = Quantity(rate), value > 0 { return }
        throw ValidationError("--rate must be a rate such as 20/s, not \"\(rate)\"")
    }

    func run() async throws {
        let scene = try SqueezeTarget(target, scenario: scenario, url: url, rate: rate)
        var options = RunOptions()
        options.seed = seed
        options.brinkVersion = Version.current
        let view = LiveView(color: Console.usesColor)
        let settings = try settings.settings()
        let history = RunHistory(
            settings: settings, session: trace ? "trace" : "squeeze", of: scene.scenario, code)
        let listener: @Sendable (RunEvent) -> Void = {
            view.show($0)
            history.take($0)
        }
        do {
            var request = try SqueezeRequest(scene.scenario, target: scene.id)
            request.timing = search.timing
            if trace {
                let session = TraceSession(
                    request, interval: search.interval, longest: search.longest, options: options,
                    settings: settings, listener: listener)
                let outcome = try await SignalledSession.run(session.run, session.interrupt)
                try await finish(history, outcome, await session.result, await session.result?.lines)
            } else {
                let chosen = try SqueezeKnob.named(knob)
                let session = try SqueezeSession(
                    request, knob: chosen, objective: slo ?? "", path: search.path, options: options,
                    settings: settings, adjust: { search.apply(to: &$0) }, listener: listener)
                let outcome = try await SignalledSession.run(session.run, session.interrupt)
                try await finish(history, outcome, await session.result, await session.result?.lines)
            }
        } catch let error as HarnessError {
            throw Console.fail(error.description, error.code)
        }
    }

    /// Writes the reports, says what was found, and ends with the session's code.
    private func finish(
        _ history: RunHistory, _ outcome: GuardedSession.Outcome, _ result: (some Encodable)?, _ lines: [String]?
    ) async throws {
        do {
            let events = try EventLog.read("\(outcome.folder)/events.jsonl")
            await history.end(RunResult(events: events))
            try ReportWriter().write(events, to: outcome.folder)
        } catch {
            Console.progress("brink: the reports could not be written: \(error)")
        }
        switch (format, result) {
        case (.json, let result?): print(try OutputFormat.json(result))
        case (.json, nil): print("null")
        case (.text, _):
            for line in lines ?? [] { print(line) }
            print("verdict: \(outcome.verdict.rawValue): \(outcome.reason)")
            print("report:  \(outcome.folder)/report.html")
        }
        if outcome.exitCode != .pass { throw Console.end(outcome.exitCode) }
    }
}
