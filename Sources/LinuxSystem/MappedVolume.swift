/// A file system of Brink's own, made for one service: a file, a loop device on it, a mapped device on that, and an ext4
/// on the mapped device. Here is only what it is known by.
public struct MappedVolume: Hashable, Sendable {
    /// Where it is mounted, without symbolic links.
    public let mountPoint: String
    /// The file it is kept in, without symbolic links.
    public let file: String
    public let deviceName: String
    /// What the mapped device is found by. No other has it, on any host.
    public let uuid: String

    /// The end of the device, which the file system leaves out: there a fault can be looked for without harm.
    public static let spareBytes: UInt64 = 1 << 20

    public init(mountPoint: String, file: String, deviceName: String, uuid: String) {
        self.mountPoint = mountPoint
        self.file = file
        self.deviceName = deviceName
        self.uuid = uuid
    }
}
