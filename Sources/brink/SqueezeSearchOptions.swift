import ArgumentParser
import Harness
import Scenarios
import Squeeze

/// How thoroughly, how carefully and within which bounds to search.
struct SqueezeSearchOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Length of the window that is judged at each step.", valueName: "time"))
    var window = "5s"

    @Option(help: ArgumentHelp("Time for the target to settle before each window.", valueName: "time"))
    var settle = "2s"

    @Option(help: ArgumentHelp("Longest recovery after a failed step; then the search stops.", valueName: "time"))
    var drain = "60s"

    @Option(name: .customLong("longest"), help: ArgumentHelp("Longest search or trace.", valueName: "time"))
    var longestText = "30m"

    @Option(help: ArgumentHelp("Half the interval to know the brink to.", valueName: "percent"))
    var tolerance = "2%"

    @Option(help: ArgumentHelp("How sure to be of that interval.", valueName: "percent"))
    var confidence = "95%"

    @Option(help: ArgumentHelp("What to add to the brink for the recommendation.", valueName: "percent"))
    var headRoom = "20%"

    @Option(help: ArgumentHelp("Most measurements that decide one candidate; odd.", valueName: "count"))
    var repeats = 3

    @Option(help: ArgumentHelp("Least value to try, such as 64MiB, 10%, 32.", valueName: "value"))
    var floor: String?

    @Option(help: ArgumentHelp("Greatest value to try.", valueName: "value"))
    var ceiling: String?

    @Option(help: ArgumentHelp("For io: a path on the device that is meant.", valueName: "path"))
    var path = "/"

    @Option(name: .customLong("interval"), help: ArgumentHelp("Length of a round of --trace.", valueName: "time"))
    var intervalText = "2s"

    func validate() throws {
        for (name, text) in [
            ("window", window), ("settle", settle), ("drain", drain), ("longest", longestText),
            ("interval", intervalText),
        ] where SqueezeSearchOptions.duration(text) == nil {
            throw ValidationError("--\(name) must be a time such as 5s, not \"\(text)\"")
        }
        for (name, text, range) in [
            ("tolerance", tolerance, 0.001...0.5), ("confidence", confidence, 0.5...0.999),
            ("head-room", headRoom, 0.0...10),
        ] {
            guard let share = SqueezeSearchOptions.share(text), range.contains(share) else {
                let bounds = "\(range.lowerBound * 100)% to \(range.upperBound * 100)%"
                throw ValidationError("--\(name) must be a percentage from \(bounds), not \"\(text)\"")
            }
        }
        guard repeats > 0, !repeats.isMultiple(of: 2) else {
            throw ValidationError("--repeats must be odd, so that there is a majority, not \(repeats)")
        }
        for (name, text) in [("floor", floor), ("ceiling", ceiling)] {
            guard let text else { continue }
            guard let value = Quantity(text)?.baseValue, value > 0 else {
                throw ValidationError(
                    "--\(name) must be a value of the knob, such as 64MiB, 10% or 32, not \"\(text)\"")
            }
        }
    }

    var timing: SqueezeRequest.Timing {
        var timing = SqueezeRequest.Timing()
        timing.window = SqueezeSearchOptions.duration(window) ?? timing.window
        timing.settle = SqueezeSearchOptions.duration(settle) ?? timing.settle
        timing.drain = SqueezeSearchOptions.duration(drain) ?? timing.drain
        return timing
    }

    var longest: Duration { SqueezeSearchOptions.duration(longestText) ?? .seconds(1800) }
    var interval: Duration { SqueezeSearchOptions.duration(intervalText) ?? .seconds(2) }

    func apply(to settings: inout SqueezeSettings) {
        settings.tolerance = SqueezeSearchOptions.share(tolerance) ?? settings.tolerance
        settings.confidence = SqueezeSearchOptions.share(confidence) ?? settings.confidence
        settings.headRoom = SqueezeSearchOptions.share(headRoom) ?? settings.headRoom
        settings.repeats = repeats
        settings.longestSeconds = longest.inSeconds
        if let value = floor.flatMap({ Quantity($0)?.baseValue }) { settings.floor = value }
        if let value = ceiling.flatMap({ Quantity($0)?.baseValue }) { settings.ceiling = value }
    }

    private static func duration(_ text: String) -> Duration? {
        guard case .duration(let time)? = Quantity(text), time > .zero else { return nil }
        return time
    }

    private static func share(_ text: String) -> Double? {
        if case .fraction(let share)? = Quantity(text) { share } else { nil }
    }
}
