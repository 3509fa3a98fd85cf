import Engine
import Glibc
import Journal
import LinuxSystem
import Scenarios

/// Makes the file systems that services want for themselves: ext4 on a mapped device on a loop device on a file, so that
/// the device can be made slow or flaky and nobody else's is.
struct VolumeMaker {
    private let run: String
    private let folder: String
    private let journal: JournalWriter

    /// - Parameter folder: the run's scratch folder.
    init(run: String, folder: String, journal: JournalWriter) {
        self.run = run
        self.folder = folder
        self.journal = journal
    }

    /// Makes those that are asked for; by their names.
    func make(for services: [Service]) async throws -> [String: MappedVolume] {
        var made: [String: MappedVolume] = [:]
        for (name, bytes) in services.flatMap(\.volumes) {
            made[name] = try await Blocking.run { [self] in try make(for: name, bytes: bytes) }
        }
        return made
    }

    private func make(for service: String, bytes: UInt64) throws -> MappedVolume {
        let place = try SystemFile.resolved(folder)
        let name = "brink-\(run)-\(service)"
        // DM_NAME_LEN and DM_UUID_LEN of dm-ioctl.h, one byte of which ends the text.
        guard name.utf8.count < 128 else {
            throw HarnessError(.preflight, "service \(service): its name is too long for one with a volume")
        }
        let volume = MappedVolume(
            mountPoint: "\(place)/\(service)", file: "\(place)/\(service).volume", deviceName: name,
            uuid: "BRINK-\(run)-\(service)")
        // Whole megabytes, and the part that the file system leaves out.
        let megabyte: UInt64 = 1 << 20
        let fileSystem = (bytes + megabyte - 1) / megabyte * megabyte
        try checkSpace(for: fileSystem, service)
        let program = try Program.find("mkfs.ext4", package: "e2fsprogs")
        let sequence = try journal.intend([.removeVolume(volume)], owner: "services")
        do throws(SystemError) {
            try makeFile(volume.file, bytes: fileSystem + MappedVolume.spareBytes)
            try format(volume.file, bytes: fileSystem, with: program)
            let loop = try LoopDevice(attaching: volume.file)
            let mapper = try DeviceMapper()
            try mapper.create(name: volume.deviceName, uuid: volume.uuid)
            let table = DeviceTable(
                linear: try BlockDevice(special: loop.path),
                sectors: (fileSystem + MappedVolume.spareBytes) / 512)
            try mapper.put(table, on: volume.uuid)
            guard let device = try mapper.device(of: volume.uuid) else {
                throw SystemError("find the mapped device", on: volume.uuid, .noSuchAddressOrDevice)
            }
            try SystemFile.makeNewFolder(volume.mountPoint, mode: 0o700)
            try FileSystemMount.mount(device.path, on: volume.mountPoint, type: "ext4")
        } catch {
            throw HarnessError(.preflight, "service \(service): its volume: \(error)")
        }
        for number in sequence { try journal.applied(number) }
        return volume
    }

    /// The file has holes: a full disk below would show as a fault that nobody injected.
    private func checkSpace(for bytes: UInt64, _ service: String) throws {
        let space = try FileSystemSpace(of: folder)
        guard space.availableBytes > bytes else {
            throw HarnessError(
                .preflight,
                "service \(service): a volume of \(bytes >> 20) MiB needs as much room in \(folder), where "
                    + "\(space.availableBytes >> 20) MiB are available: free some, or make it smaller")
        }
    }

    private func makeFile(_ path: String, bytes: UInt64) throws(SystemError) {
        let file = try OwnedDescriptor.open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        try file.resize(to: bytes)
        try file.close()
    }

    private func format(_ file: String, bytes: UInt64, with program: String) throws(SystemError) {
        let log = "\(file).log"
        let output = try OwnedDescriptor.open(log, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        let request = SpawnRequest(
            program,
            // No blocks kept for root: all of it is the cluster's, which has some thousand files. Its inode tables are
            // written now, not by a thread that would still be at it when the device is made slow.
            [
                "-q", "-F", "-b", "4096", "-m", "0", "-i", "32768", "-E", "lazy_itable_init=0,lazy_journal_init=0",
                file, "\(bytes / 4096)",
            ],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C"], directory: "/", newSession: true,
            standardOutput: output.number, standardError: output.number)
        let handle = try request.start()
        try output.close()
        guard handle.hasEnded(within: 300_000) else {
            try handle.send(.kill)
            throw SystemError("mkfs.ext4", on: file, .timedOut, advice: "it was still at it after 5 minutes: killed")
        }
        let status = try handle.reap()
        guard status == 0 else {
            let said = try SystemFile.readText(log)
            throw SystemError(
                "mkfs.ext4 (exit \(status.map { "\($0)" } ?? "unknown"))", on: file, .ioError,
                advice: "it says: \(said)")
        }
        try SystemFile.removeTree(log)
    }
}
