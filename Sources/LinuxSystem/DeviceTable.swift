/// What a device-mapper device does with its sectors, all of them alike: one line of a table, as the kernel spells it.
public struct DeviceTable: Hashable, Sendable, CustomStringConvertible {
    /// The device's size, in sectors of 512 bytes.
    public let sectors: UInt64
    /// The kernel's name of the target, such as `linear`.
    public let type: String
    /// Its arguments, with single spaces: kernels differ in how many they print.
    public let parameters: String

    public init(sectors: UInt64, type: String, parameters: String) {
        self.sectors = sectors
        self.type = type
        self.parameters = parameters.split(separator: " ").joined(separator: " ")
    }

    /// A whole device as it is (linear.rst). Devices are named by number: other names are spelt back differently.
    public init(linear device: BlockDevice, sectors: UInt64) {
        self.init(sectors: sectors, type: "linear", parameters: "\(device) 0")
    }

    public var description: String { "0 \(sectors) \(type) \(parameters)" }

    /// The size in bytes.
    public var bytes: UInt64 { sectors * 512 }

    /// Device and offset of a linear table; nil for any other.
    private var base: String? {
        let words = parameters.split(separator: " ")
        return type == "linear" && words.count == 2 ? parameters : nil
    }

    /// The same with each read and each write held back (delay.rst); flushes wait as writes do.
    /// - Returns: nil when this table is not linear.
    public func delayed(readMilliseconds: Int, writeMilliseconds: Int) -> DeviceTable? {
        base.map { base in
            DeviceTable(
                sectors: sectors, type: "delay",
                parameters: "\(base) \(readMilliseconds) \(base) \(writeMilliseconds)")
        }
    }

    /// What a flaky device does with what it is asked for while it is down (dm-flakey.rst).
    public enum Flaw: String, Sendable, CaseIterable {
        /// Reads fail.
        case errorReads = "error_reads"
        /// Writes and flushes fail.
        case errorWrites = "error_writes"
        /// Writes and flushes succeed, and nothing is written.
        case dropWrites = "drop_writes"
    }

    /// The same, good for some seconds and bad for some, by turns.
    /// - Returns: nil when this table is not linear.
    public func flaky(_ flaw: Flaw, upSeconds: Int, downSeconds: Int) -> DeviceTable? {
        base.map { base in
            DeviceTable(
                sectors: sectors, type: "flakey",
                parameters: "\(base) \(upSeconds) \(downSeconds) 1 \(flaw.rawValue)")
        }
    }
}
