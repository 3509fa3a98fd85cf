/// What the template of a suite's page is filled with. The names are the template's; an inner value must not share its
/// name with an outer one, since a missing inner value would be looked up outside.
struct SuitePageContent {
    struct VerdictColumn {
        let columnName: String
        let columnFill: String
    }

    struct DomainRow {
        let domainName: String
        let domainAnchor: String
        let domainBar: String
        let domainCells: [String]
    }

    struct Attempt {
        let attemptSymbol: String
        let attemptStyle: String
        let attemptWords: String
        let attemptLink: String?
    }

    struct TroubleRow {
        let troubleName: String
        let troubleLink: String?
        let troubleStyle: String
        let troubleSymbol: String
        let troubleVerdict: String
        let troubleReasons: [String]
        let troubleAgain: String?
    }

    struct RecoveryRow {
        let recoveryName: String
        let recoveryLink: String?
        let recoveryFault: String
        let recoveryBar: String
        let recoveryText: String
    }

    struct FlakyRow {
        let flakyName: String
        let flakyDeclared: String
        let flakyAttempts: [Attempt]
        let flakyCount: String
        let flakyRate: String
        let flakyFinding: String
    }

    struct Group {
        let groupName: String
        let groupAnchor: String
        let groupCount: String
        let groupRows: [ScenarioRow]
    }

    struct ScenarioRow {
        let scenarioName: String
        let scenarioLink: String?
        let scenarioStyle: String
        let scenarioSymbol: String
        let scenarioVerdict: String
        let scenarioCategory: String
        /// Nil unless it is quarantined.
        let scenarioQuarantine: String?
        let scenarioFaults: String
        let scenarioCourse: String?
        let scenarioAttempts: [Attempt]
        let scenarioTime: String
        let scenarioRecovery: String
    }

    let style: String
    let pageTitle: String
    let verdictName: String
    let verdictSymbol: String
    let verdictStyle: String
    let reason: String?
    let why: String?
    let facts: [PageContent.Fact]
    let residues: [String]
    /// Scenarios that are not what they declare.
    let warnings: [String]
    let columns: [VerdictColumn]
    let domainRows: [DomainRow]
    let troubleRows: [TroubleRow]
    let recoveryRows: [RecoveryRow]
    let flakyRows: [FlakyRow]
    let groups: [Group]
    let leftOutRows: [PageContent.Fact]
}
