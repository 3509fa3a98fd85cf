/// What the template of the trend is filled with. The names are the template's; an inner value must not share its name
/// with an outer one, since a missing inner value would be looked up outside.
struct TrendPageContent {
    struct CommitRow {
        let commitName: String
        let commitBranch: String
        let commitDate: String
        let commitBar: String
        let commitCells: [String]
    }

    struct ChartRow {
        let chartTitle: String
        let chartNote: String?
        let chartDrawing: String
        let legend: [Chart.LegendEntry]
        let tickLabels: [Chart.TickLabel]
    }

    struct DataRow {
        let dataCommit: String
        let dataCells: [String]
    }

    struct Scenario {
        let scenarioName: String
        let scenarioNote: String
        let scenarioStyle: String
        let scenarioSymbol: String
        let scenarioVerdict: String
        let isOpen: Bool
        let charts: [ChartRow]
        let scenarioTicks: [PageContent.AxisTick]
        let dataColumns: [String]
        let dataRows: [DataRow]
    }

    let style: String
    let pageTitle: String
    let verdictName: String
    let verdictSymbol: String
    let verdictStyle: String
    let reason: String?
    let why: String?
    let facts: [PageContent.Fact]
    let columns: [SuitePageContent.VerdictColumn]
    let commitRows: [CommitRow]
    let commitsHidden: String?
    let scenarios: [Scenario]
}
