import ArgumentParser
import Events
import Faults
import Foundation
import Harness
import Reports
import Scenarios

struct AttachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Let a program inject faults one by one, as a test does.",
        discussion: """
            Example: brink attach --stdio scenario.yaml

            Starts the services and the load of a scenario that has no faults, then takes one JSON object a line from \
            stdin and answers each with one line on stdout. Everything is taken back when it is told to finish, when \
            stdin ends, or when brink itself dies. BrinkTesting and pytest-brink speak this.

            {"id": 1, "do": "inject", "fault": {"id": "f", "memory.high": {"target": "app", "value": "64MiB"}}}
            {"id": 2, "do": "undo", "fault": "f"}
            {"id": 3, "do": "recover", "within": "30s"}
            {"id": 4, "do": "metrics", "names": ["latency.p99"], "over": "5s"}
            {"id": 5, "do": "writes"}    {"id": 6, "do": "services"}    {"id": 7, "do": "finish"}
            """)

    @Argument(help: "A scenario file without faults, or the id of a shipped one.") var scenario: String

    @Flag(help: "Speak over stdin and stdout; the only way there is.") var stdio = false

    @Option(help: ArgumentHelp("Longest session; then the guardian takes everything back.", valueName: "duration"))
    var longest = "1h"

    @Option(help: "Seed of every random choice, in place of the scenario's.") var seed: UInt64?

    @OptionGroup var code: CodeOptions
    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        guard stdio else { throw ValidationError("say --stdio: one JSON object a line on stdin, answers on stdout") }
        guard case .duration(let time)? = Quantity(longest), time > .zero, time <= .seconds(86_400) else {
            throw ValidationError("--longest is a time up to 24h, such as 1h")
        }
    }

    func run() async throws {
        let parsed = try ScenarioSource.read(scenario, only: nil)
        var options = RunOptions()
        options.seed = seed
        options.brinkVersion = Version.current
        var time = Duration.seconds(3600)
        if case .duration(let asked)? = Quantity(longest) { time = asked }
        let view = LiveView(color: Console.usesColor)
        let settings = try settings.settings()
        let history = RunHistory(settings: settings, session: "attach", of: parsed, code)
        let session = AttachSession(
            scenario: parsed, options: options, settings: settings, longest: time,
            listener: {
                view.show($0)
                history.take($0)
            })
        let conversation = AttachConversation(scenario: parsed)
        let outcome: AttachSession.Outcome
        do throws(HarnessError) {
            outcome = try await SignalledSession.run({ try await session.run { await conversation.hold($0) } }) {
                await session.interrupt($0)
            }
        } catch {
            conversation.fail(error.description)
            throw Console.fail(error.description, error.code)
        }
        var ledger: LedgerCount?
        do {
            let events = try EventLog.read("\(outcome.folder)/events.jsonl")
            for case .ledger(let count) in events.map(\.kind) { ledger = count }
            await history.end(RunResult(events: events))
            try ReportWriter().write(events, to: outcome.folder)
        } catch {
            Console.progress("brink: the reports could not be written: \(error)")
        }
        conversation.end(outcome, ledger: ledger)
        if outcome.exitCode != .pass { throw Console.end(outcome.exitCode) }
    }
}
