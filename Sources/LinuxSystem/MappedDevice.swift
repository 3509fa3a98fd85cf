import CLinux

/// A device-mapper device as it is at this moment.
public struct MappedDevice: Hashable, Sendable {
    public let numbers: BlockDevice
    /// The table in force; nil for none and for one of several targets, which Brink never makes.
    public let table: DeviceTable?
    /// Whatever is asked of it waits.
    public let isSuspended: Bool
    /// A table is loaded that the next resume puts in force.
    public let hasInactiveTable: Bool

    /// Its special file, as devtmpfs makes it.
    public var path: String { "/dev/dm-\(numbers.minor)" }

    init(_ device: cl_dm_device) {
        var device = device
        numbers = BlockDevice(number: device.number)
        isSuspended = device.is_suspended != 0
        hasInactiveTable = device.has_inactive != 0
        guard device.targets == 1, device.start == 0 else {
            table = nil
            return
        }
        let type = withUnsafeBytes(of: &device.type) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let parameters = withUnsafeBytes(of: &device.parameters) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        table = DeviceTable(sectors: device.sectors, type: type, parameters: parameters)
    }
}
