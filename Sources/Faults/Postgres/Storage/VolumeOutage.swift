import Engine
import Journal
import LinuxSystem
import Postgres

/// A volume that is taken from under its server and given back: nothing of what the kernel kept of it in memory is left
/// in between.
struct VolumeOutage: Sendable {
    private let volume: MappedVolume
    private let server: PostgresServer

    /// How long those who were killed may keep it busy.
    private static let patience = Duration.seconds(10)

    init(of volume: MappedVolume, under server: PostgresServer) {
        self.volume = volume
        self.server = server
    }

    /// Kills the server's whole tree. Stopped first, the postmaster starts no more processes meanwhile.
    func kill(in table: ProcessTable) throws(SystemError) {
        let postmaster = try ProcessHandle(opening: try server.postmaster(), in: table)
        try postmaster.send(.stop)
        let children = try table.descendants(of: [postmaster.identity.pid])
        for pid in children {
            // One that ended meanwhile need not be killed.
            guard let identity = try? table.identity(of: pid),
                let child = try? ProcessHandle(opening: identity, in: table)
            else { continue }
            try? child.send(.kill)
        }
        try postmaster.send(.kill)
        guard postmaster.hasEnded(within: 10_000) else {
            throw SystemError("kill", on: "postmaster \(postmaster.identity)", .timedOut)
        }
    }

    func unmount() throws(SystemError) {
        let end = MonotonicClock.now() + VolumeOutage.patience
        while true {
            do throws(SystemError) {
                return try FileSystemMount.unmount(volume.mountPoint)
            } catch {
                guard error.errno == .resourceBusy, MonotonicClock.now() < end else { throw error }
                MonotonicClock.pause(milliseconds: 10)
            }
        }
    }

    /// Mounts it, unless it is mounted.
    /// - Returns: whether it was not.
    @discardableResult
    func mount() throws(SystemError) -> Bool {
        guard try !FileSystemMount.all().contains(where: { $0.folder == volume.mountPoint }) else { return false }
        guard let device = try DeviceMapper.device(of: volume.uuid) else {
            throw SystemError("find the mapped device", on: volume.deviceName, .noSuchAddressOrDevice)
        }
        try FileSystemMount.mount(device.path, on: volume.mountPoint, type: "ext4")
        return true
    }

    /// Does what is still to be done: mounts it and starts the server.
    func end() async -> UndoOutcome {
        await Blocking.run { () -> UndoOutcome in
            do throws(SystemError) {
                let wasAway = try mount()
                let outcome = try server.start()
                return wasAway && outcome == .alreadyRestored ? .restored : outcome
            } catch {
                return .failed(error.description)
            }
        }
    }
}
