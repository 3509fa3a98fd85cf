import Events
import Foundation
import Glibc
import LinuxSystem
import Reports

/// The live view of a terminal: redrawn a few times a second, with keys.
struct WatchTerminal {
    let feed: WatchFeed

    private static let interval = Duration.milliseconds(200)
    private static let help = "h halts the run · q ends the view"

    private enum Mood {
        case watching
        case asking
        case said(String)
    }

    func run() async throws {
        let terminal = try TerminalMode()
        defer { terminal.restore() }
        let drawing = WatchDrawing()
        let reading = Task {
            for try await (_, event) in feed.events() { await drawing.take(event) }
            await drawing.end()
        }
        defer { reading.cancel() }
        var mood = Mood.watching
        while true {
            for key in terminal.keys() {
                switch (key, mood) {
                case ("q", _), ("\u{3}", _): return
                case ("h", .watching), ("h", .said): mood = .asking
                case ("y", .asking): mood = .said(feed.halt())
                case (_, .asking): mood = .said("not halted")
                default: break
                }
            }
            let isOver = await drawing.isOver
            let prompt =
                switch mood {
                case .watching: isOver ? "ended · q ends the view" : WatchTerminal.help
                case .asking: "halt this run and take everything back? y, or any other key"
                case .said(let text): "\(text) · \(isOver ? "q ends the view" : WatchTerminal.help)"
                }
            let (width, height) = terminal.size
            terminal.show(await drawing.lines(width: width, height: height, color: Console.usesColor, prompt: prompt))
            try await Task.sleep(for: WatchTerminal.interval)
        }
    }
}

/// What is drawn, kept up to date by one task and asked for by another.
private actor WatchDrawing {
    private var state = WatchState()
    private var timeline = TimelineText(color: false)
    private var log: [String] = []
    private(set) var isOver = false

    func take(_ event: RunEvent) {
        state.take(event)
        guard let line = timeline.line(for: event) else { return }
        log.append(line)
        if log.count > 200 { log.removeFirst(100) }
    }

    func end() { isOver = true }

    func lines(width: Int, height: Int, color: Bool, prompt: String) -> [String] {
        WatchScreen(state, log: log, width: width, height: height, color: color, prompt: prompt).lines
    }
}
