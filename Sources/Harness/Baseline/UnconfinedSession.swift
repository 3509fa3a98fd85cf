import Baselines
import Engine
import Events
import Faults
import Glibc
import IssuerClient
import Journal
import LinuxSystem
import Postgres
import Scenarios

/// Measures the reference service's baseline on a host without cgroup v2: its services run where Brink runs, and what only
/// a cgroup tells is not measured. They are journaled and guarded all the same.
public actor UnconfinedSession {
    private let request: BaselineRequest
    private let settings: Settings
    private let version: String
    private let progress: @Sendable (String) async -> Void
    private var work: Task<Baseline, any Error>?
    private var interruption: ExitCode?
    private var server: PostgresServer?

    private static let patience = Duration.seconds(60)

    /// - Parameter progress: told what goes on.
    public init(
        _ request: BaselineRequest, version: String, settings: Settings,
        progress: @escaping @Sendable (String) async -> Void
    ) {
        self.request = request
        self.version = version
        self.settings = settings
        self.progress = progress
    }

    /// Ends the measuring early, with that exit code.
    public func interrupt(_ code: ExitCode) async {
        interruption = interruption ?? code
        work?.cancel()
    }

    /// Starts the services, measures, and ends what was started, whatever happens.
    public func run() async throws -> Baseline {
        guard geteuid() == 0 else {
            throw HarnessError(.notPrivileged, "brink needs root: it starts PostgreSQL as the user postgres")
        }
        do throws(SystemError) { try settings.runFolder.prepare() } catch {
            throw HarnessError(.preflight, "\(error)")
        }
        let lock = try FileLock(path: settings.runFolder.lockFile, waitingMilliseconds: 20_000)
        let earlier = try Recovery(stateFolder: settings.runFolder).replayAll()
        guard earlier.residues.isEmpty else {
            throw HarnessError(
                .hostNotRestored,
                "an earlier run left changes that cannot be taken back: \(earlier.residues.joined(separator: "; "))")
        }
        let id = RunIdentifier.make()
        let journal = try JournalWriter.create(
            path: settings.runFolder.journal(of: id), run: id, harness: try ProcessTable().ownIdentity())
        let guardian = try GuardianLink.arm(
            run: id, journal: journal.path, lock: lock.descriptorNumber, home: nil, oomScoreAdjustment: nil,
            deadline: settings.guardianDeadline ?? .seconds(request.expectedSeconds + 600),
            silence: settings.heartbeatTimeout)
        let beats = Task {
            while !Task.isCancelled {
                guardian.beat()
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        let outcome: Result<Baseline, any Error>
        do {
            outcome = .success(try await measure(id, journal))
        } catch {
            outcome = .failure(error)
        }
        // In order first, so that nothing is written any more; what stays all the same the guardian ends.
        if let server { _ = await Blocking.run { try? server.stop(.fast, within: .seconds(30)) } }
        // It takes back what the journal has: it ends the services and removes their folder.
        try await Blocking.run { try guardian.disarm() }
        beats.cancel()
        let left = try JournalAudit().residues(of: try Journal(path: journal.path))
        try settings.runFolder.prune()
        try lock.unlock()
        guard left.isEmpty else {
            throw HarnessError(
                .hostNotRestored, "what was started did not end: \(left.map(\.description).joined(separator: "; "))")
        }
        if let interruption { throw HarnessError(interruption, "interrupted; what was started has ended") }
        return try outcome.get()
    }

    private func measure(_ id: String, _ journal: JournalWriter) async throws -> Baseline {
        let folder = "/var/tmp/brink-\(id)"
        try ServiceLauncher.prepare(folder: folder, journal: journal)
        let subject = try await start(in: folder, journal)
        let work = BaselineWork(
            request: request, subject: subject, version: version, cgroupRoot: settings.cgroupRoot, session: id,
            load: nil, start: MonotonicClock.now(), progress: progress)
        let task = Task { try await work.measure() }
        self.work = task
        if interruption != nil { task.cancel() }
        return try await task.value
    }

    // MARK: Services

    private func start(in folder: String, _ journal: JournalWriter) async throws -> BaselineSubject {
        let starter = UnconfinedServices(
            folder: folder, journal: journal, templates: settings.templateFolder, patience: Self.patience)
        let cluster = try await starter.startPostgres()
        server = cluster.server
        await progress("PostgreSQL runs on port \(cluster.port)")
        let issuer = try await starter.startIssuer()
        let shop = try await starter.startBookshop(database: cluster.connection, issuer: issuer)
        await progress("bookshop runs on \(shop.address)")
        return BaselineSubject(
            endpoint: "http://\(shop.address)/graphql", metricsURL: "http://\(shop.address)/metrics", issuer: issuer,
            cache: ControlledCache(url: "http://\(shop.address)/control/cache", token: shop.secret),
            database: cluster.connection, service: shop.process, postmaster: try cluster.server.postmaster(),
            cgroup: nil)
    }
}
