import ArgumentParser
import Events
import Foundation
import Harness
import LinuxSystem
import Reports
import Scenarios

struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Follow a run in the terminal or in a browser, and halt it if need be.",
        discussion: """
            Example: brink watch brink-out/20240601-120000-abc --web

            Keys: h, then y, halts the run (everything is taken back first); q leaves it alone and ends the view. Of a \
            run that has ended its events are shown again: --replay 10 does so ten times as fast as they came.
            """)

    @Argument(help: "The run's folder; the latest one in the results' folder when left out.") var folder: String?

    @Flag(help: "Serve a page on loopback as well; its address has a token and is printed.") var web = false

    @Flag(help: "Serve the page on when the run is over, until interrupted.") var stay = false

    @Option(help: "Port of the page; any free one unless told.") var port = 0

    @Option(
        help: ArgumentHelp(
            "The page's token, as a Prometheus' credentials_file has it for /metrics; written there if there is none.",
            valueName: "file"))
    var tokenFile: String?

    @Option(help: ArgumentHelp("Show what was as it came, this many times as fast.", valueName: "factor"))
    var replay: Double?

    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        if let replay, !(replay > 0) { throw ValidationError("--replay is more than 0: 1 is as it was") }
        if stay, !web { throw ValidationError("--stay is for the page: add --web") }
        guard (0...65_535).contains(port) else { throw ValidationError("--port is 0 to 65535") }
    }

    func run() async throws {
        let settings = try settings.settings()
        let folder = try folder ?? WatchCommand.latest(in: settings.outFolder)
        let feed: WatchFeed
        do {
            feed = try WatchFeed(folder: folder, replay: replay, settings: settings)
        } catch {
            throw Console.fail("\(error)", .usage)
        }
        var server: WatchServer?
        if web {
            let made: WatchServer
            do {
                made = WatchServer(feed: feed, token: try WatchToken.from(tokenFile))
                let address = try await made.start(port: port)
                Console.progress("brink: \(address)")
            } catch {
                throw Console.fail("the page could not be served: \(error)", .preflight)
            }
            server = made
        }
        if isatty(STDOUT_FILENO) == 1, isatty(STDIN_FILENO) == 1 {
            try await WatchTerminal(feed: feed).run()
        } else {
            try await WatchCommand.print(feed)
        }
        // Interrupted by a signal; a terminal's view has its own end.
        if stay, isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0 {
            Console.progress("brink: the run is over; the page stays until Ctrl-C")
            while true { try await Task.sleep(for: .seconds(3600)) }
        }
        await server?.stop()
    }

    /// Where it is no terminal: a line for each event that is worth one, to the run's end.
    private static func print(_ feed: WatchFeed) async throws {
        var timeline = TimelineText(color: false)
        for try await (_, event) in feed.events() {
            if let line = timeline.line(for: event) { Swift.print(line) }
        }
    }

    /// A run's folder is named by the time of its start.
    private static func latest(in folder: String) throws -> String {
        let names = (try? SystemFile.entries(of: folder)) ?? []
        let runs = names.map { "\(folder)/\($0)" }.filter { SystemFile.exists("\($0)/events.jsonl") }
        guard let latest = runs.max() else {
            throw Console.fail("\(folder) has no runs: name the folder of one", .usage)
        }
        return latest
    }
}
