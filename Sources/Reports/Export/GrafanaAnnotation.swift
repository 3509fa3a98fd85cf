/// An annotation as Grafana's `POST /api/annotations` takes it: a moment, or a stretch of time with an end.
struct GrafanaAnnotation: Encodable, Hashable {
    /// Milliseconds since 1970.
    let time: Int64
    let timeEnd: Int64?
    let tags: [String]
    let text: String

    /// The run as a whole, its phases, its faults with their recovery, and OOM kills.
    static func all(_ result: RunResult) -> [GrafanaAnnotation] {
        let clock = WallClock(result)
        func annotation(_ start: Double, _ end: Double?, _ kind: String, _ text: String) -> GrafanaAnnotation {
            GrafanaAnnotation(
                time: clock.milliseconds(start), timeEnd: end.map { clock.milliseconds(max($0, start)) },
                tags: ["brink", kind, result.scenario].map { VisibleText($0).description },
                text: VisibleText(text).description)
        }
        let face = VerdictFace(result)
        let reason = result.reason.map { ": \($0)" } ?? ""
        let run = annotation(0, result.duration, "run", "\(result.scenario) \(face.name)\(reason) (\(result.run))")
        let phases = result.phases.map { annotation($0.start, $0.end, "phase", "phase \($0.phase.rawValue)") }
        let faults = result.faults.flatMap { fault -> [GrafanaAnnotation] in
            guard let start = fault.injectedAt else { return [] }
            let words = FaultWords(fault)
            let end = fault.endedAt ?? result.duration
            let text = "\(fault.id): \(words.kind); took effect: \(words.effect)"
            let injection = annotation(start, end, "fault", text)
            guard let recovered = fault.recoveredAt else { return [injection] }
            return [injection, annotation(end, recovered, "recovery", "\(fault.id): recovered in \(words.recovery)")]
        }
        return [run] + phases + faults + result.oomKills.map { annotation($0.at, nil, "oom", $0.kill.line) }
    }
}
