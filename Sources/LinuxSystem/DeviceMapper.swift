import CLinux
import Glibc
import SystemPackage

/// The kernel's device mapper, by the calls of its control device: no program has to be started to use it, which the
/// guardian could not always do.
public struct DeviceMapper: ~Copyable, Sendable {
    public static let controlFile = "/dev/mapper/control"

    private let control: OwnedDescriptor

    public init() throws(SystemError) {
        do throws(SystemError) {
            control = try OwnedDescriptor.open(DeviceMapper.controlFile, O_RDWR)
        } catch {
            throw SystemError(error.operation, on: error.subject, error.errno, advice: "modprobe dm-mod")
        }
    }

    /// The device of a uuid, or nil when there is none: also where the kernel has no device mapper at all.
    public static func device(of uuid: String) throws(SystemError) -> MappedDevice? {
        guard SystemFile.exists(controlFile) else { return nil }
        let mapper: DeviceMapper
        do throws(SystemError) {
            mapper = try DeviceMapper()
        } catch {
            // The file can be there without the module.
            guard
                [.noSuchFileOrDirectory, .noSuchAddressOrDevice, .operationNotSupportedByDevice].contains(error.errno)
            else { throw error }
            return nil
        }
        return try mapper.device(of: uuid)
    }

    /// The device of a uuid, or nil when there is none.
    public borrowing func device(of uuid: String) throws(SystemError) -> MappedDevice? {
        var device = cl_dm_device()
        let outcome = cl_dm_look(control.number, uuid, &device)
        if outcome == -ENXIO { return nil }
        try check(outcome, "read the table", on: "device \(uuid)")
        return MappedDevice(device)
    }

    /// Makes a device that can do nothing until it has a table.
    /// - Throws: EBUSY when name or uuid is taken.
    public borrowing func create(name: String, uuid: String) throws(SystemError) {
        try check(cl_dm_create(control.number, name, uuid), "create the mapped device \(name)", on: "uuid \(uuid)")
    }

    /// Puts a table in force, and lets a suspended device go on. What is under way comes to its end under the old table.
    public borrowing func put(_ table: DeviceTable, on uuid: String) throws(SystemError) {
        while true {
            try load(table, on: uuid)
            do throws(SystemError) {
                try resume(uuid)
                break
            } catch {
                // Nobody's resume must ever put it in force later. What went wrong first is what to tell.
                _ = cl_dm_clear(control.number, uuid)
                // A signal came while it waited for what was under way; some kernels drop the loaded table then.
                guard error.errno == .interrupted else { throw error }
            }
        }
        guard let device = try self.device(of: uuid), device.table == table, !device.isSuspended else {
            let seen = try self.device(of: uuid)?.table.map { "\"\($0)\"" } ?? "nothing"
            throw SystemError(
                "put the table \"\(table)\" in force", on: "device \(uuid)", .ioError, advice: "it shows \(seen)")
        }
    }

    private borrowing func load(_ table: DeviceTable, on uuid: String) throws(SystemError) {
        let outcome = cl_dm_load(control.number, uuid, table.sectors, table.type, table.parameters)
        guard outcome >= 0 else {
            throw SystemError(
                "load the table \"\(table)\"", on: "device \(uuid)", Errno(rawValue: -outcome),
                advice: "the kernel's log says why; modprobe dm-\(table.type) when it knows no such target")
        }
    }

    /// Lets a suspended device go on, with the table that is loaded, if one is.
    public borrowing func resume(_ uuid: String) throws(SystemError) {
        try check(cl_dm_resume(control.number, uuid), "resume", on: "device \(uuid)")
    }

    /// Drops a table that is loaded but not in force.
    public borrowing func clear(_ uuid: String) throws(SystemError) {
        try check(cl_dm_clear(control.number, uuid), "clear the loaded table", on: "device \(uuid)")
    }

    /// Removes the device.
    /// - Throws: EBUSY while it is open or mounted.
    public borrowing func remove(_ uuid: String) throws(SystemError) {
        try check(cl_dm_remove(control.number, uuid), "remove", on: "device \(uuid)")
    }
}
