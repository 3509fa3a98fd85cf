import Engine
import Journal
import LinuxSystem

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
