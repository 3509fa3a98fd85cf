import Glibc
import LinuxSystem

/// Takes a volume apart again, however far its making had come: what is there is found by mount point, uuid and path.
struct VolumeRemoval {
    private let volume: MappedVolume

    /// How long each layer may stay busy: those who used it have been killed just before.
    private static let patience = Duration.seconds(5)

    init(_ volume: MappedVolume) {
        self.volume = volume
    }

    func remove() throws(SystemError) -> UndoOutcome {
        let device = try DeviceMapper.device(of: volume.uuid)
        let mounts = try mounts()
        let number = device.map { "\($0.numbers)" }
        if let stranger = mounts.first(where: { $0.device != number }) {
            return .conflict(
                "\(volume.mountPoint) is a mount of the device \(stranger.device), not of \(volume.deviceName): left alone"
            )
        }
        let loops = try LoopDevice.attached(to: volume.file)
        if device == nil, mounts.isEmpty, loops.isEmpty, !SystemFile.exists(volume.file) { return .alreadyRestored }
        if let device {
            let mapper = try DeviceMapper()
            // An unmount writes, and would wait for ever. One that never had a table cannot be resumed, nor mounted.
            if device.isSuspended, device.table != nil { try mapper.resume(volume.uuid) }
            for _ in mounts { try unmount() }
            try retry { () throws(SystemError) in try mapper.remove(volume.uuid) }
        }
        for loop in loops { try detach(loop) }
        try SystemFile.removeTree(volume.file)
        if let left = try residue() { return .failed(left) }
        return .restored
    }

    /// What is left of the volume; nil for nothing.
    func residue() throws(SystemError) -> String? {
        var left: [String] = []
        if !(try mounts().isEmpty) { left.append("\(volume.mountPoint) is still mounted") }
        if try DeviceMapper.device(of: volume.uuid) != nil { left.append("\(volume.deviceName) is still there") }
        left += try LoopDevice.attached(to: volume.file).map { "\($0.path) still has \(volume.file)" }
        if SystemFile.exists(volume.file) { left.append("\(volume.file) is still there") }
        return left.isEmpty ? nil : left.joined(separator: "; ")
    }

    private func mounts() throws(SystemError) -> [FileSystemMount] {
        try FileSystemMount.all().filter { $0.folder == volume.mountPoint }
    }

    private func unmount() throws(SystemError) {
        do throws(SystemError) {
            try retry { () throws(SystemError) in try FileSystemMount.unmount(volume.mountPoint) }
        } catch {
            guard error.errno == .resourceBusy else { throw error }
            // Somebody that is not of the run is in it. Out of the tree, it is gone as soon as they are; if they stay,
            // the removal of the device says so.
            try FileSystemMount.unmount(volume.mountPoint, lazily: true)
        }
    }

    private func detach(_ loop: LoopDevice) throws(SystemError) {
        let end = MonotonicClock.now() + VolumeRemoval.patience
        try loop.detach()
        // Somebody who had it open for a look, as udev does, delays that.
        while try LoopDevice.attached(to: volume.file).contains(loop) {
            guard MonotonicClock.now() < end else {
                throw SystemError(
                    "detach \(volume.file)", on: loop.path, .resourceBusy,
                    advice: "end what uses it, then run `brink recover`")
            }
            MonotonicClock.pause(milliseconds: 10)
        }
    }

    private func retry(_ body: () throws(SystemError) -> Void) throws(SystemError) {
        let end = MonotonicClock.now() + VolumeRemoval.patience
        while true {
            do throws(SystemError) {
                return try body()
            } catch {
                guard error.errno == .resourceBusy else { throw error }
                guard MonotonicClock.now() < end else {
                    throw SystemError(
                        error.operation, on: error.subject, error.errno,
                        advice: "something that is not of the run uses \(volume.mountPoint): end it, then run "
                            + "`brink recover`")
                }
                MonotonicClock.pause(milliseconds: 10)
            }
        }
    }
}

extension MappedVolume {
    func write(to fields: inout FieldWriter) {
        fields.put(mountPoint)
        fields.put(file)
        fields.put(deviceName)
        fields.put(uuid)
    }

    init(from fields: inout FieldReader) throws(JournalError) {
        self.init(
            mountPoint: try fields.string(), file: try fields.string(), deviceName: try fields.string(),
            uuid: try fields.string())
    }
}
