import ArgumentParser
import Harness
import Scenarios

/// Which scenarios a suite has.
struct SuiteSelection: ParsableArguments {
    @Argument(help: "Scenario files, or ids of shipped scenarios; all shipped ones when left out.")
    var sources: [String] = []

    @Option(
        name: .customLong("domain"),
        help: ArgumentHelp("Only scenarios of this domain (\(domains)); repeatable.", valueName: "name"))
    var domainNames: [String] = []

    @Option(
        name: .customLong("category"), help: ArgumentHelp("Only stable, flaky or very-flaky ones.", valueName: "name"))
    var categoryNames: [String] = []

    @Option(name: .customLong("tag"), help: ArgumentHelp("Only scenarios with this tag; repeatable.", valueName: "tag"))
    var tags: [String] = []

    @Option(
        name: .customLong("skip"), help: ArgumentHelp("No scenarios with this tag; repeatable.", valueName: "tag"))
    var skipped: [String] = []

    private static var domains: String { ScenarioAbout.Domain.allCases.map(\.rawValue).joined(separator: ", ") }

    func validate() throws {
        for name in domainNames where ScenarioAbout.Domain(rawValue: name) == nil {
            throw ValidationError("there is no domain '\(name)': \(SuiteSelection.domains)")
        }
        for name in categoryNames where ScenarioAbout.Category(rawValue: name) == nil {
            let known = ScenarioAbout.Category.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("there is no category '\(name)': \(known)")
        }
    }

    /// - Throws: with exit 65 and every mistake of all sources on standard error; with exit 64 when nothing is left.
    func entries() throws -> [SuiteEntry] {
        var entries: [SuiteEntry] = []
        var hasMistakes = false
        for source in sources.isEmpty ? Catalogue.files : sources {
            // Each run of the suite begins in another folder.
            let path = ScenarioSource.absolute(source)
            do throws(InvalidScenario) {
                entries += try ScenarioSource.parse(source).map { SuiteEntry(scenario: $0, source: path) }
            } catch {
                for diagnostic in error.diagnostics { Console.progress("\(diagnostic)") }
                hasMistakes = true
            }
        }
        if hasMistakes { throw Console.end(.invalidScenario) }
        var seen: Set<String> = []
        for entry in entries where !seen.insert(entry.scenario.id).inserted {
            throw Console.fail("\(entry.source): a scenario \(entry.scenario.id) is there already", .invalidScenario)
        }
        entries = entries.filter { isWanted($0.scenario.about) }.sorted { $0.scenario.id < $1.scenario.id }
        if entries.isEmpty { throw Console.fail("no scenario fits; `brink suite list` shows all", .usage) }
        return entries
    }

    private func isWanted(_ about: ScenarioAbout) -> Bool {
        (domainNames.isEmpty || about.domain.map { domainNames.contains($0.rawValue) } ?? false)
            && (categoryNames.isEmpty || categoryNames.contains(about.category.rawValue))
            && (tags.isEmpty || !Set(tags).isDisjoint(with: about.tags)) && Set(skipped).isDisjoint(with: about.tags)
    }
}
