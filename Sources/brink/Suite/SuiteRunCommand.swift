import ArgumentParser
import Events
import Faults
import Foundation
import Harness
import History
import LinuxSystem
import Reports
import Scenarios

struct SuiteRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run the scenarios of a suite, side by side where they do not touch.",
        discussion: """
            Example: brink suite run --domain cache --tag quick

            Results go to brink-out/RUN: suite.json, junit.xml, summary.md, report.html, and a folder for each scenario. \
            A scenario with the tag of --quarantine runs and is reported, and does not decide the exit code.
            """)

    @OptionGroup var selection: SuiteSelection

    @Option(help: "How many scenarios run side by side; twice the processors when left out, at most 8.")
    var lanes: Int?

    @Option(
        name: .customLong("weakness"),
        help: ArgumentHelp("A seeded mistake for the reference service; repeatable.", valueName: "name"))
    var weaknesses: [String] = []

    @Option(help: "Seed of every random choice, in place of those of the scenarios.") var seed: UInt64?
    @OptionGroup var attempts: AttemptOptions
    @OptionGroup var code: CodeOptions
    @OptionGroup var profile: ProfileOption
    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        if profile.file != nil, !weaknesses.isEmpty {
            throw ValidationError("--weakness is bookshop's, whose place --profile takes: leave out one of the two")
        }
        if let lanes, !(1...32).contains(lanes) { throw ValidationError("--lanes must be from 1 to 32") }
        for name in weaknesses where !Weakness.names.contains(name) {
            throw ValidationError("bookshop has no weakness '\(name)': \(Weakness.names.joined(separator: ", "))")
        }
    }

    func run() async throws {
        let (entries, notApplicable) = try applicable(selection.entries().map(attempts.apply))
        var options = SuiteSession.Options(
            program: try SystemFile.resolved("/proc/self/exe"), brinkVersion: Version.current)
        options.lanes = lanes ?? min(8, 2 * ProcessInfo.processInfo.activeProcessorCount)
        options.weaknesses = weaknesses
        options.seed = seed
        options.profile = profile.path
        let commit = code.commit
        (options.commit, options.branch) = (commit.id, commit.branch)
        let settings = try settings.settings()
        let head = SuiteResult(
            startedAt: Date.now.formatted(.iso8601), brinkVersion: Version.current, lanes: options.lanes, seconds: 0,
            interrupted: false, hostRestored: true, weaknesses: weaknesses, profile: profile.file,
            notApplicable: profile.file == nil ? nil : notApplicable, scenarios: [])
        let tally = SuiteTally(entries, head: head, quarantine: attempts.quarantine)
        let progress = SuiteProgress(count: entries.count)
        let session = SuiteSession(
            entries, options: options, settings: settings, begins: { progress.begins($0) },
            ends: {
                progress.ends($0)
                tally.add($0)
            }, keeps: { tally.keep(in: $0) })
        let outcome: SuiteSession.Outcome
        do throws(HarnessError) {
            outcome = try await SignalledSession.run(session.run) {
                Console.progress("brink: ending the runs; each takes back what it did")
                await session.interrupt($0)
            }
        } catch {
            throw Console.fail(error.description, error.code)
        }
        var result = tally.result
        result.seconds = outcome.duration / .seconds(1)
        result.interrupted = outcome.session.verdict == .aborted
        result.hostRestored = outcome.session.exitCode != .hostNotRestored
        if weaknesses.isEmpty { try addHistory(to: &result, settings) }
        do {
            try SuiteWriter().write(result, to: outcome.session.folder)
        } catch {
            Console.progress("brink: the reports could not be written: \(error)")
        }
        for warning in result.flakinessWarnings { Console.progress("warning: \(warning)") }
        for line in SuiteVerdicts.troubles(of: result) { print(line) }
        print(SuiteVerdicts.lastWord(on: result))
        print("report:  \(outcome.session.folder)/report.html")
        let code = SuiteVerdicts.exitCode(of: result, outcome.session)
        if code != .pass { throw Console.end(code) }
    }

    /// How the scenarios did at their first attempts so far, these included. Without a history there is nothing to add.
    private func addHistory(to result: inout SuiteResult, _ settings: Settings) throws {
        let name = try profile.read()?.name
        let runs: [RunRecord]
        do throws(HistoryError) {
            let query = HistoryQuery(scenarios: result.scenarios.count > 500 ? [] : result.scenarios.map(\.id))
            runs = try HistoryStore(path: settings.historyFile).runs(query)
        } catch {
            Console.progress("brink: nothing is said of flakiness: \(error)")
            return
        }
        let observed = ObservedFlakiness.all(runs).filter { $0.profile == name }
        for index in result.scenarios.indices {
            result.scenarios[index].history = observed.first { $0.scenario == result.scenarios[index].id }
        }
    }

    /// The scenarios as they are run, and those that say nothing of the profile's service, each with the reason.
    private func applicable(_ entries: [SuiteEntry]) throws -> ([SuiteEntry], [String: String]) {
        guard let profile = try self.profile.read() else { return (entries, [:]) }
        let substitution = ProfileSubstitution(profile, faults: FaultRegistry.schemas)
        var remaining: [SuiteEntry] = []
        var reasons: [String: String] = [:]
        for entry in entries {
            do throws(ProfileSubstitution.NotApplicable) {
                let scenario = try substitution.apply(to: entry.scenario)
                remaining.append(SuiteEntry(scenario: scenario, source: entry.source, policy: entry.policy))
            } catch {
                reasons[entry.scenario.id] = error.reason
                Console.progress("left out: \(entry.scenario.id): \(error)")
            }
        }
        if remaining.isEmpty { throw Console.fail("no scenario is applicable to \(profile.name)", .inconclusive) }
        return (remaining, reasons)
    }
}
