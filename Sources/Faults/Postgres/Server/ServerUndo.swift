import Engine
import Journal
import LinuxSystem
import Postgres

extension Change.Undo {
    /// Starts the target's server if it was taken down. A scratch cluster goes with the run, so nobody else has to.
    static func starting(_ target: ResolvedTarget) -> Change.Undo {
        guard let server = target.postgres else { return .nothing }
        guard target.isScratchCluster else { return .journaled(.startServer(server.startup)) }
        return .inProcess {
            await Blocking.run { () -> UndoOutcome in
                do throws(SystemError) { return try server.start() } catch { return .failed(error.description) }
            }
        }
    }

    /// As ``starting(_:)``, of a server that may be about to give up: one that could not write tries again a few times, and
    /// is seen alive in between.
    static func keepingUp(_ target: ResolvedTarget) -> Change.Undo {
        guard let server = target.postgres, target.isScratchCluster else { return starting(target) }
        return .inProcess {
            await Blocking.run { () -> UndoOutcome in
                do throws(SystemError) {
                    let end = MonotonicClock.now() + .seconds(60)
                    var outcome = try server.start()
                    while !server.isReady(), MonotonicClock.now() < end {
                        MonotonicClock.pause(milliseconds: 20)
                        if try server.start() == .restored { outcome = .restored }
                    }
                    return outcome
                } catch {
                    return .failed(error.description)
                }
            }
        }
    }

    /// Puts the target's configuration file back and has the server read it.
    static func restoring(_ file: ServerFile, of target: ResolvedTarget) -> Change.Undo {
        // One that was started under a filter is started under it again, which only the harness can do.
        guard target.isScratchCluster, let server = target.postgres else { return .journaled(.restoreServerFile(file)) }
        return .inProcess {
            await Blocking.run { () -> UndoOutcome in
                do throws(SystemError) { return try server.restore(file) } catch { return .failed(error.description) }
            }
        }
    }
}

extension Change {
    /// A change of nothing, of a server that a fault may bring down: put first, it is made sure of last that it runs.
    /// - Parameter cause: what brings it down; keeps the claim out of the way of other faults.
    static func running(_ server: PostgresServer, _ target: ResolvedTarget, despite cause: String) -> Change {
        Change(
            subject: "PostgreSQL in \(server.dataDirectory) despite \(cause)", prior: "running", value: "may go down",
            undo: .keepingUp(target)
        ) {}
    }
}
