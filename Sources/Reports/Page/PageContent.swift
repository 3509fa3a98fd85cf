import Events

/// What the template of the page is filled with. The names are the template's; an inner value must not share its name
/// with an outer one, since a missing inner value would be looked up outside.
struct PageContent {
    struct Fact {
        let factName: String
        let factValue: String
    }

    struct PhaseLabel {
        let phaseName: String
        let phaseLeft: String
        let phaseWidth: String
        /// Wide enough for its name.
        let isLabelled: Bool
    }

    struct AxisTick {
        let axisPlace: String
        let axisText: String
        let isMinor: Bool
    }

    struct ChartRow {
        let chartID: String
        let chartTitle: String
        let chartNote: String?
        let chartDrawing: String
        let legend: [Chart.LegendEntry]
        let tickLabels: [Chart.TickLabel]
        let columns: [String]
        let rows: [DataTable.Row]
    }

    struct ExpectationRow {
        let expectationID: String
        let expectationThat: String
        let expectationVerdict: String
        let expectationSymbol: String
        let expectationStyle: String
        let measured: [String]
        let expectationDetail: String
    }

    struct FaultRow {
        let faultID: String
        let faultKind: String
        let faultSchedule: String
        let faultEffect: String
        let faultStyle: String
        let faultSymbol: String
        let faultInjected: String
        let faultEnded: String
        let faultRecovery: String
    }

    struct LoadRow {
        let loadPhase: String
        let loadCells: [String]
    }

    struct WriteRow {
        let writeTime: String
        let writeAction: String
        let writeOwner: String
        let writeSubject: String
        let writeFrom: String
        let writeTo: String
        let writeOutcome: String
        let writeMilliseconds: String
    }

    struct MessageRow {
        let messageTime: String
        let messageLevel: String
        let messageText: String
    }

    /// What a squeeze found.
    struct Squeeze {
        let squeezeTitle: String
        let squeezeObjective: String
        let squeezeSummary: String
        let findings: [Fact]
        let valueTicks: [AxisTick]
        let valueMarks: [ValueMark]
        let curves: [CurveRow]
        let stepRows: [StepRow]
    }

    struct ValueMark {
        let markName: String
        let markStyle: String
        let markText: String
    }

    struct CurveRow {
        let curveTitle: String
        let curveNote: String?
        let curveDrawing: String
        let curveTicks: [Chart.TickLabel]
        let curveLegend: [Chart.LegendEntry]
    }

    struct StepRow {
        let stepNumber: String
        let stepTime: String
        let stepValue: String
        let stepPurpose: String
        let stepApproach: String
        let stepStyle: String
        let stepSymbol: String
        let stepVerdict: String
        let stepBurden: String
        let stepDrain: String
        let stepWords: String
    }

    /// OOM kills.
    struct OOM {
        let oomSummary: String
        let oomRows: [OOMRow]
        let oomHidden: String?
        let oomLeads: [OOMLead]
    }

    struct OOMRow {
        let oomTime: String
        let oomStyle: String
        let oomSymbol: String
        let oomRole: String
        let oomVictim: String
        let oomPlace: String
        let oomLimit: String
        let oomSizes: String
        let oomEvents: String
        let oomFaults: String
    }

    /// The seconds before a kill.
    struct OOMLead {
        let leadTitle: String
        let leadNote: String
        let leadCharts: [CurveRow]
        let leadTicks: [AxisTick]
    }

    /// Servers that took no connections for a while.
    struct Outages {
        let outageSummary: String
        let outageRows: [OutageRow]
        let outageHidden: String?
        let logLines: [LogLine]
    }

    struct OutageRow {
        let outageTime: String
        let outageTarget: String
        let outageFault: String
        let outageNotice: String
        let outageLength: String
        let outageCourse: String
        let outageReplayed: String
        let outageLost: String
        let outageUnknown: String
        let outageStorm: String
        let outageRecovery: String
    }

    struct LogLine {
        let logTime: String
        let logTarget: String
        let logSeverity: String
        let logText: String
    }

    struct DoorLane {
        let doorName: String
        let doorDrawing: String
    }

    /// A check of the data besides the ledger, or of the service's door.
    struct SafetyRow {
        let safetyName: String
        let safetyStyle: String
        let safetySymbol: String
        let safetyVerdict: String
        let safetyFigures: String
        let safetyNotes: [String]
        let safetyFindings: [String]
    }

    let style: String
    let pageTitle: String
    let verdictName: String
    let verdictSymbol: String
    let verdictStyle: String
    let reason: String?
    let why: String?
    let residues: [String]
    let facts: [Fact]
    let squeeze: Squeeze?
    let oom: OOM?
    let outages: Outages?
    let doorLanes: [DoorLane]
    let safetyRows: [SafetyRow]
    /// How the failure spread, a sentence each.
    let propagationLines: [String]
    /// What alerts were worth, a sentence each.
    let alertLines: [String]
    let phaseLabels: [PhaseLabel]
    let axisTicks: [AxisTick]
    let lanes: [FaultLanes.Lane]
    let steadyDrawing: String?
    let charts: [ChartRow]
    let expectations: [ExpectationRow]
    let faultRows: [FaultRow]
    let loadRows: [LoadRow]
    let ledgerFacts: [Fact]
    let lostKeys: [String]
    let writes: [WriteRow]
    let writeCount: String
    /// Few enough to be shown at once.
    let opensWrites: Bool
    let environment: [Fact]
    let messages: [MessageRow]
}
