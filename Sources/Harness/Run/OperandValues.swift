import Engine
import Events
import Scenarios

/// Gives expectations the values they ask for, once the run is over.
struct OperandValues: Sendable {
    let measurements: RunMeasurements
    let faults: [String: RunMachine.FaultState]
    /// Beginning of each phase in seconds; the next one's is its end.
    let phases: [(phase: PhaseChange.Phase, start: Double)]
    let ledger: LedgerCount?
    let findings: [DataSafetyFinding]
    let bypass: BypassFinding?
    let outages: [Outage]
    /// Of all of Brink's rules together.
    let detection: DetectionScore?
    let end: Double
    let hasSteadyState: Bool

    func value(of operand: Expression.Operand) -> Double? {
        switch operand {
        case .metric(let name):
            if name.hasPrefix("ledger.") { return ledgerValue(String(name.dropFirst(7))) }
            let parts = name.split(separator: ".").map(String.init)
            if let check = parts.first.flatMap(DataSafetyFinding.Check.init), parts.count == 2 {
                return findings.first { $0.check == check }?.figures[parts[1]]
            }
            if parts.first == "bypass", parts.count == 2 { return bypass?.figures[parts[1]] }
            if name.hasPrefix("alerts.") { return detectionValue(String(name.dropFirst(7))) }
            if name.hasPrefix("outages.") { return outageValue(String(name.dropFirst(8))) }
            guard let start = bounds(of: .run)?.start else { return nil }
            return measurements.value(of: name, from: start, to: bounds(of: .recovery)?.end ?? end)
        case .recovery(let id):
            guard let state = faults[id], state.endedAt != nil else { return nil }
            // Without a steady state, or a phase in which to look for it, nobody knows.
            if state.recovery == nil, !hasSteadyState || bounds(of: .recovery) == nil { return nil }
            // A fault that ended and was not recovered from within the recovery phase took longer than any bound.
            return state.recovery?.inSeconds ?? .infinity
        case .during(let id, let metric):
            guard let state = faults[id], let injected = state.injectedAt, let ended = state.endedAt else { return nil }
            return measurements.value(of: metric, from: injected.inSeconds, to: ended.inSeconds)
        case .phase(let name, let metric):
            guard let phase = PhaseChange.Phase(rawValue: name), let bounds = bounds(of: phase) else { return nil }
            return measurements.value(of: metric, from: bounds.start, to: bounds.end)
        case .peak(let name, let metric):
            if let bounds = PhaseChange.Phase(rawValue: name).flatMap(bounds(of:)) {
                return measurements.sampler.peak(of: metric, from: bounds.start, to: bounds.end)
            }
            guard let state = faults[name], let injected = state.injectedAt, let ended = state.endedAt else {
                return nil
            }
            return measurements.sampler.peak(of: metric, from: injected.inSeconds, to: ended.inSeconds)
        }
    }

    private func bounds(of phase: PhaseChange.Phase) -> (start: Double, end: Double)? {
        guard let index = phases.firstIndex(where: { $0.phase == phase }) else { return nil }
        return (phases[index].start, index + 1 < phases.count ? phases[index + 1].start : end)
    }

    private func detectionValue(_ name: String) -> Double? {
        switch name {
        case "precision": detection?.precision
        case "recall": detection?.recall
        // An incident that nothing told of took longer than any bound.
        case "delay": detection.map { $0.recall == 1 ? $0.longestDelay ?? .infinity : .infinity }
        default: nil
        }
    }

    private func outageValue(_ name: String) -> Double? {
        switch name {
        case "count": return Double(outages.count)
        // One that did not end took longer than any bound.
        case "longest": return outages.map { $0.isOver ? $0.seconds : .infinity }.max() ?? 0
        case "total": return outages.reduce(0) { $0 + $1.seconds }
        default: return nil
        }
    }

    private func ledgerValue(_ name: String) -> Double? {
        guard let ledger else { return nil }
        switch name {
        case "acked": return Double(ledger.acked)
        case "failed": return Double(ledger.failed)
        case "unknown": return Double(ledger.unknown)
        case "stored": return Double(ledger.stored)
        case "lost": return Double(ledger.lost)
        case "phantom": return Double(ledger.phantom)
        case "unknownStored": return Double(ledger.unknownStored)
        default: return nil
        }
    }
}
