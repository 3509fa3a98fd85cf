/// What the template of a comparison is filled with. The names are the template's; an inner value must not share its
/// name with an outer one, since a missing inner value would be looked up outside.
struct ComparisonPageContent {
    struct RunRow {
        let runLetter: String
        let runName: String
        let runStyle: String
        let runSymbol: String
        let runVerdict: String
        let runReason: String
        let runStarted: String
        let runSeed: String
        let runBrink: String
    }

    struct FigureRow {
        let figureName: String
        let figureFirst: String
        let figureSecond: String
        let figureDifference: String
        let figureStyle: String
        let figureWord: String
    }

    struct Lane {
        let laneName: String
        let laneKind: String
        let laneDrawing: String
    }

    let style: String
    let pageTitle: String
    let verdictName: String
    let verdictSymbol: String
    let verdictStyle: String
    let reason: String?
    let why: String?
    let facts: [PageContent.Fact]
    let runRows: [RunRow]
    let sentences: [String]
    let unlike: [String]
    let figureRows: [FigureRow]
    let axisTicks: [PageContent.AxisTick]
    let lanes: [Lane]
    let charts: [PageContent.ChartRow]
}
