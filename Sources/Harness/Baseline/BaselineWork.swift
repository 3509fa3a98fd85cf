import Baselines
import Events
import Foundation
import LinuxSystem
import Scenarios
import Workload

/// The measuring itself, on services that run.
struct BaselineWork: Sendable {
    typealias MakeLoad = @Sendable (BaselineRun, LoadRecorder) async throws -> LoadSetup.Prepared?

    let request: BaselineRequest
    let subject: BaselineSubject
    /// Of brink.
    let version: String
    let cgroupRoot: String
    /// Begins every key that is written.
    let session: String
    /// For the scenario's own load; nil where that cannot be made.
    let load: MakeLoad?
    /// Zero of the load's clock.
    let start: Duration
    let progress: @Sendable (String) async -> Void

    func measure() async throws -> Baseline {
        let begin = MonotonicClock.now()
        let times = ProcessorTimes.read()
        let tokens = try await tokens()
        var token: String?
        if let issuer = subject.issuer {
            // One that outlives the measuring: its renewal would be a signature checked in the middle of a phase.
            let life = request.expectedSeconds + 3600
            token = try await issuer.token(.init(sub: "brink-baseline", ttl: life)).accessToken
        }
        var phases: [any BaselinePhase] = [RestPhase(subject: subject)]
        phases += QueryPhase.Kind.allCases.map { QueryPhase(kind: $0, subject: subject, token: token) }
        phases += [
            MutationPhase(subject: subject, token: token), IdentityPhase(subject: subject),
            PostgresPhase(subject: subject), LoadPhase(subject: subject, tokens: tokens),
        ]
        if let load { phases.append(ScenarioLoadPhase(start: start, prepare: load)) }
        let collection = try await BaselineCollector(
            subject, phases: phases, settings: request.settings, session: session, progress: progress
        ).collect()
        let environment = try await BaselineFacts.read(
            since: times, version: version, database: subject.database, cgroupRoot: cgroupRoot)
        return Baseline(
            name: request.name, scenario: request.scenario.id, savedAt: Date.now.formatted(.iso8601),
            seconds: (MonotonicClock.now() - begin).inSeconds, settings: request.settings, environment: environment,
            metrics: collection.metrics, notMeasured: collection.missing)
    }

    private func tokens() async throws -> TokenPool? {
        guard let issuer = subject.issuer else { return nil }
        let pool = TokenPool { subject in
            let answer = try await issuer.token(.init(sub: subject), within: .seconds(5))
            return (answer.accessToken, answer.expiresIn)
        }
        try await pool.fill()
        return pool
    }
}
