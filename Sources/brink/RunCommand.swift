import ArgumentParser
import Events
import Foundation
import Harness
import History
import LinuxSystem
import Reports
import Scenarios
import Synchronization

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a scenario: inject, measure, undo, judge.",
        discussion: """
            Example: brink run cascade.pool-and-database --weakness no-reconnect

            Results go to brink-out/RUN: events.jsonl, result.json, junit.xml, report.html, summary.md.
            brink suite run FILE --repeat 10 runs it ten times and says how flaky it is.
            """)

    @Argument(help: "A scenario file, or the id of a shipped scenario.") var scenario: String

    @Option(
        name: .customLong("weakness"),
        help: ArgumentHelp(
            "A seeded mistake for the reference service (\(Weakness.names.joined(separator: ", "))); repeatable.",
            valueName: "name"))
    var weaknesses: [String] = []

    @Option(help: "Seed of every random choice, in place of the scenario's.") var seed: UInt64?

    @Option(help: ArgumentHelp("Of a file with several scenarios, the one to run.", valueName: "id"))
    var only: String?

    @Option(help: ArgumentHelp("Where to send each alert as JSON by POST; repeatable.", valueName: "url"))
    var alertWebhook: [String] = []

    @Option(help: ArgumentHelp("An Alertmanager to send alerts to, http://HOST:PORT; repeatable.", valueName: "url"))
    var alertmanager: [String] = []

    @Option(
        help: ArgumentHelp(
            "A baseline of the same scenario to hold the undisturbed seconds against: a name or a file.",
            discussion: "The run's baseline phase is then at least 12 s long."))
    var baseline: String?

    @Flag(help: "With --baseline: exit 5 when the service became slower.") var gate = false

    @OptionGroup var code: CodeOptions

    /// Given by `brink suite run` to those that it starts.
    @Option(help: .hidden) var lane: Int?
    @Option(help: .hidden) var suite: String?
    @Option(help: .hidden) var attempt = 1

    @OptionGroup var profile: ProfileOption
    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        if profile.file != nil, !weaknesses.isEmpty {
            throw ValidationError("--weakness is bookshop's, whose place --profile takes: leave out one of the two")
        }
        if profile.file != nil, baseline != nil {
            throw ValidationError("--baseline is of bookshop, whose place --profile takes: leave out one of the two")
        }
        if gate, baseline == nil { throw ValidationError("--gate needs a --baseline to hold the run against") }
        for name in weaknesses where !Weakness.names.contains(name) {
            throw ValidationError("bookshop has no weakness '\(name)': \(Weakness.names.joined(separator: ", "))")
        }
    }

    func run() async throws {
        var parsed = try profile.apply(to: ScenarioSource.read(scenario, only: only))
        var options = RunOptions()
        options.weaknesses = weaknesses
        options.seed = seed
        options.brinkVersion = Version.current
        do {
            options.alertSinks =
                try alertWebhook.map { try AlertSink(.webhook, url: $0) }
                + alertmanager.map { try AlertSink(.alertmanager, url: $0) }
        } catch {
            throw ValidationError("\(error)")
        }
        var settings = try settings.settings()
        let against = try comparison(for: parsed, settings)
        // What is compared is measured before the first fault.
        if against != nil { parsed.phases.baseline = max(parsed.phases.baseline, UndisturbedWindows.leastBaseline) }
        if let lane {
            settings.lane = lane
            options.supervisor = try ProcessTable().identity(of: getppid())
        }
        let view = LiveView(color: Console.usesColor)
        let history = RunHistory(settings: settings, origin: try origin(of: parsed))
        let session = RunSession(
            scenario: parsed, options: options, settings: settings,
            listener: {
                view.show($0)
                history.take($0)
            })
        let outcome: RunSession.Outcome
        do throws(HarnessError) {
            outcome = try await SignalledSession.run(session.run, session.interrupt)
        } catch {
            throw Console.fail(error.description, error.code)
        }
        let isSlower = try compare(outcome, against)
        await writeReports(outcome, history)
        if outcome.exitCode == .pass, isSlower, let against {
            print("verdict: fail: slower than baseline \(against.baseline.name)")
        } else {
            print("verdict: \(outcome.verdict.rawValue): \(outcome.reason)")
        }
        print("report:  \(outcome.folder)/report.html")
        if outcome.exitCode != .pass { throw Console.end(outcome.exitCode) }
        if isSlower { throw Console.end(.regression) }
    }

    /// Read before anything is started: a baseline that does not fit is a mistake of the command.
    private func comparison(for scenario: Scenario, _ settings: Settings) throws -> RunAgainstBaseline? {
        guard let baseline else { return nil }
        do throws(HarnessError) {
            let against = RunAgainstBaseline(baseline: try BaselineStore(settings).load(baseline), gates: gate)
            try against.check(scenario.id)
            return against
        } catch {
            throw Console.fail(error.description, error.code)
        }
    }

    /// - Returns: whether the run is to end as a regression.
    private func compare(_ outcome: RunSession.Outcome, _ against: RunAgainstBaseline?) throws -> Bool {
        guard let against else { return false }
        do {
            let path = "\(outcome.folder)/events.jsonl"
            let finding = against.compare(try EventLog.read(path))
            try EventLog.append(finding.events, to: path)
            for line in finding.lines { print(line) }
            return finding.fails
        } catch {
            throw Console.fail("the run could not be compared with its baseline: \(error)", .internal)
        }
    }

    private func writeReports(_ outcome: RunSession.Outcome, _ history: RunHistory) async {
        do {
            let events = try EventLog.read("\(outcome.folder)/events.jsonl")
            await history.end(RunResult(events: events))
            try ReportWriter().write(events, to: outcome.folder)
        } catch {
            Console.progress("brink: the reports could not be written: \(error)")
        }
    }

    private func origin(of scenario: Scenario) throws -> RunOrigin {
        let about = scenario.about
        let commit = code.commit
        return RunOrigin(
            domain: about.domain?.rawValue, category: about.category.rawValue, tags: about.tags, suite: suite,
            attempt: attempt, weaknesses: weaknesses, profile: try profile.read()?.name, commit: commit.id,
            branch: commit.branch)
    }
}
