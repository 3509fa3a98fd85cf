import Consistency
import Postgres

/// Tries the phenomena at one level again and again until it is cancelled, whatever happens to the server meanwhile.
public struct PhenomenonWorkload: Sendable {
    public let connectionString: String
    public let level: IsolationLevel
    /// Rest between two rounds.
    public let pause: Duration

    public init(_ connectionString: String, level: IsolationLevel, pause: Duration) {
        self.connectionString = connectionString
        self.level = level
        self.pause = pause
    }

    /// Runs until the task is cancelled.
    public func run() async -> PhenomenonRun {
        var run = PhenomenonRun(level: level)
        while !Task.isCancelled {
            do throws(PostgresError) {
                run.take(try await PhenomenonCheck(connectionString).run(at: [level]), wasCutShort: Task.isCancelled)
            } catch {
                run.takeFailure("\(error)", wasCutShort: Task.isCancelled)
            }
            do { try await Task.sleep(for: pause) } catch { break }
        }
        return run
    }
}
