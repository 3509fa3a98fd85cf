import ArgumentParser
import Foundation
import Harness
import Reports

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Make the reports of a run or a suite again, compare two runs, draw the trend.",
        discussion: """
            Examples:
              brink report brink-out/20240601-120000-abc
              brink report brink-out/20240601-120000-abc --export otlp --export grafana
              brink report --compare brink-out/20240601-120000-abc brink-out/20240602-120000-def
              brink report --trend --since 4w

            A run that was killed is reported as interrupted. A suite's pages are made from suite.json and the results \
            of its runs.
            """)

    @Argument(help: ArgumentHelp("The run's folder, or the suite's; two runs with --compare.", valueName: "folder"))
    var folders: [String] = []

    @Flag(help: "Put two runs side by side, into compare.html in the second one's folder.") var compare = false
    @Flag(help: "Draw verdicts, recovery, p99 and errors per commit over the history, into trend.html.")
    var trend = false

    @Option(
        name: .customLong("export"),
        help: ArgumentHelp(
            "Write the run for another system as well (\(formats)); annotations go to standard output. Repeatable.",
            valueName: "format"))
    var exports: [RunExport] = []

    @Option(help: ArgumentHelp("Where the page of --compare or --trend goes.", valueName: "file")) var to: String?
    @OptionGroup var selection: HistorySelection
    @Option(help: "How many runs of the history the trend has at most.") var limit = 2000
    @OptionGroup var settings: SettingsOptions

    private static var formats: String { RunExport.allCases.map(\.rawValue).joined(separator: ", ") }

    func validate() throws {
        let count = trend ? 0 : compare ? 2 : 1
        guard folders.count == count, !(trend && compare) else {
            throw ValidationError("give one folder, two with --compare, none with --trend")
        }
        if (trend || compare) && !exports.isEmpty { throw ValidationError("--export is for one run or suite") }
        if to != nil, !trend, !compare { throw ValidationError("--to is for --compare and --trend") }
        if limit < 1 { throw ValidationError("--limit must be at least 1") }
    }

    func run() throws {
        if trend { return try drawTrend() }
        do {
            if compare { return try compareRuns() }
            if SuiteWriter.isSuite(folders[0]) { return try remakeSuite(folders[0]) }
            try remakeRun(folders[0])
        } catch let error as ReportError {
            throw Console.fail("\(error)", .usage)
        }
    }

    private func remakeRun(_ folder: String) throws {
        let log = try EventLog.load("\(folder)/events.jsonl")
        for warning in log.warnings { Console.progress("events.jsonl: \(warning)") }
        try ReportWriter().write(log.events, to: folder)
        var paths: [String] = []
        for export in exports { paths += try export.write(log.events, to: folder) }
        guard !exports.contains(.annotations) else {
            // Nothing else on standard output: a CI reads it line by line.
            for line in WorkflowCommands(RunResult(events: log.events)).lines { print(line) }
            return
        }
        for path in ["\(folder)/\(ReportWriter.pageFile)"] + paths { print(path) }
    }

    private func remakeSuite(_ folder: String) throws {
        let suite = try SuiteWriter.suite(in: folder)
        try SuiteWriter().write(suite, to: folder)
        guard exports.allSatisfy({ $0 == .annotations }) else {
            throw Console.fail("\(folder) is a suite's: of its exports there is annotations alone", .usage)
        }
        guard exports.isEmpty else {
            for line in WorkflowCommands(suite).lines { print(line) }
            return
        }
        print("\(folder)/\(ReportWriter.pageFile)")
    }

    private func compareRuns() throws {
        let events = try folders.map { try EventLog.read("\($0)/events.jsonl") }
        let path = to ?? "\(folders[1])/compare.html"
        try ComparisonPage(events[0], events[1]).write(to: path)
        print(path)
    }

    private func drawTrend() throws {
        let settings = try settings.settings()
        let runs = try selection.runs(settings, limit: limit)
        let path = to ?? "\(settings.outFolder)/trend.html"
        do {
            if to == nil {
                try FileManager.default.createDirectory(
                    atPath: settings.outFolder, withIntermediateDirectories: true)
            }
            try TrendPage(runs).write(to: path)
        } catch {
            throw Console.fail("\(error)", .usage)
        }
        print(path)
    }
}

extension RunExport: ExpressibleByArgument {}
