import Events
import Squeeze

/// What a squeeze or a trace found, as far as a run's events tell.
struct SqueezeFindings {
    let squeezed: SqueezeResult?
    let traced: TraceResult?

    init(_ events: [RunEvent]) {
        var squeezed: SqueezeResult?
        var traced: TraceResult?
        for event in events {
            if case .squeezed(let result) = event.kind { squeezed = result }
            if case .traced(let result) = event.kind { traced = result }
        }
        self.squeezed = squeezed
        self.traced = traced
    }

    /// One fact a line; none for a run of another kind.
    var lines: [String] { squeezed?.lines ?? traced?.lines ?? [] }
}
