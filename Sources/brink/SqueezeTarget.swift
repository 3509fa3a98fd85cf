import Faults
import Foundation
import Scenarios

/// What the words of the command line mean by a target: one of a scenario, or something that runs already.
struct SqueezeTarget {
    /// The target's id in the scenario.
    let id: String
    let scenario: Scenario

    /// The id of a target that runs already.
    private static let idOfRunning = "target"

    /// - Parameters:
    ///   - words: a target's or service's id, `cgroup:PATH`, `pid:N`, `name:PROCESS`, `container:NAME` or `unit:NAME`.
    ///   - scenario: a file or the id of a shipped scenario; for an id.
    ///   - url: where the load goes; for the others.
    /// - Throws: with exit 65 and every mistake on standard error.
    init(_ words: String, scenario: String, url: String?, rate: String) throws {
        let parts = words.split(separator: ":", maxSplits: 1).map(String.init)
        let place: String
        switch (parts.first, parts.last) {
        case ("cgroup", let path?) where parts.count == 2: place = "{cgroup: \(SqueezeTarget.quoted(path))}"
        case ("pid", let pid?) where parts.count == 2: place = "{process: \(SqueezeTarget.quoted(pid))}"
        case ("name", let name?) where parts.count == 2: place = "{name: \(SqueezeTarget.quoted(name))}"
        case ("container", let name?) where parts.count == 2:
            place = "{container: {name: \(SqueezeTarget.quoted(name))}}"
        case ("unit", let name?) where parts.count == 2: place = "{unit: \(SqueezeTarget.quoted(name))}"
        default:
            guard url == nil else {
                throw Console.fail(
                    "--url is for cgroup:PATH, pid:N, name:PROCESS, container:NAME and unit:NAME; a scenario brings its own "
                        + "load",
                    .usage)
            }
            id = words
            self.scenario = try ScenarioSource.read(scenario)
            return
        }
        // Through the reader like any other, so that what it checks is checked here too.
        // A load needs a steady state; a squeeze puts its objective in that place.
        let load =
            url.map {
                "load: {http: {url: \(SqueezeTarget.quoted($0)), rate: \(rate)}}\n"
                    + "steadyState: {checks: {answers: \"errors.rate < 100%\"}}\n"
            } ?? ""
        let text = """
            apiVersion: \(Scenario.apiVersion)
            id: squeeze
            targets: {\(SqueezeTarget.idOfRunning): \(place)}
            \(load)faults: []
            """
        id = SqueezeTarget.idOfRunning
        do {
            self.scenario = try ScenarioReader.read(text, file: "command line", faults: FaultRegistry.schemas)
        } catch {
            for diagnostic in error.diagnostics { Console.progress("brink: \(words): \(diagnostic.message)") }
            throw Console.end(.usage)
        }
    }

    /// As a double-quoted scalar, which JSON strings are too (YAML 1.2).
    private static func quoted(_ text: String) -> String {
        text.allSatisfy { $0.isASCII && $0.isNumber }
            ? text : "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}
