import Baselines
import Scenarios

/// What a person asked a baseline of.
public struct BaselineRequest: Sendable {
    /// What it is to be called.
    public let name: String
    /// Its services are measured, and its load where it has one; faults and expectations are not used.
    public let scenario: Scenario
    public let settings: CollectionSettings

    /// - Throws: for a name that is none, and settings that make no sense.
    public init(_ name: String, scenario: Scenario, settings: CollectionSettings) throws(HarnessError) {
        try BaselineStore.check(name)
        guard (2...1000).contains(settings.runs) else {
            throw HarnessError(.usage, "--runs must be from 2 to 1000, and at least 10 for intervals that hold")
        }
        guard (1...600).contains(settings.window) else {
            throw HarnessError(.usage, "--window must be from 1s to 10min: every metric has its part in it")
        }
        guard (1...100).contains(settings.collections) else {
            throw HarnessError(.usage, "--collections must be from 1 to 100")
        }
        var scenario = scenario
        scenario.faults = []
        scenario.expectations = []
        scenario.steadyState = nil
        scenario.aborts = []
        self.name = name
        self.scenario = scenario
        self.settings = settings
    }

    /// Seconds that the measuring takes, roughly: runs, and a first one that does not count.
    var expectedSeconds: Double { settings.window * Double(settings.runs * settings.collections + 1) * 2 }
}
