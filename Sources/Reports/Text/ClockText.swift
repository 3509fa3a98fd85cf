import Foundation

/// Times and lengths of time in seconds, as people read them.
enum ClockText {
    /// A moment of a run with a tenth of a second: `12.0s`, `-`.
    static func moment(_ seconds: Double?) -> String {
        seconds.map { String(format: "%.1fs", $0) } ?? "–"
    }

    /// A length of time: `850 ms`, `2.1 s`, `1 min 30 s`, `1 h 2 min`.
    static func length(_ seconds: Double) -> String {
        if abs(seconds) < 60 { return MetricUnit.seconds.text(seconds) }
        let whole = Int(seconds.rounded())
        if whole < 3600 { return whole % 60 == 0 ? "\(whole / 60) min" : "\(whole / 60) min \(whole % 60) s" }
        let minutes = whole % 3600 / 60
        return minutes == 0 ? "\(whole / 3600) h" : "\(whole / 3600) h \(minutes) min"
    }
}
