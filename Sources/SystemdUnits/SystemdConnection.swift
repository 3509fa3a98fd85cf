import CSystemd
import Glibc
import LinuxSystem
import SystemPackage

/// A line to the systemd that runs this machine, by the socket that systemctl uses too: it needs no bus daemon, so it
/// works while that is down. For one thread at a time.
public struct SystemdConnection: ~Copyable {
    /// Where systemd listens. A container sees it with the host's /run mounted.
    public static let socket = "/run/systemd/private"

    static let service = "org.freedesktop.systemd1"
    private static let manager = "/org/freedesktop/systemd1"
    /// systemd answers in milliseconds unless it is writing a memory limit that the kernel has to reclaim for.
    private static let patience: UInt64 = 30_000_000
    /// Reading all units again takes seconds on a large host.
    private static let patienceForReload: UInt64 = 120_000_000

    private let bus: OpaquePointer

    /// - Throws: when no systemd listens there.
    public init() throws(SystemError) {
        bus = try SystemdConnection.open()
    }

    deinit {
        sd_bus_flush_close_unref(bus)
    }

    private static func open() throws(SystemError) -> OpaquePointer {
        let failure = { (code: Int32) in
            SystemError(
                "reach systemd", on: socket, Errno(rawValue: -code),
                advice: "run Brink where systemd is the first process; in a container, as root with the host's /run")
        }
        guard SystemFile.exists(socket) else { throw failure(-Errno.noSuchFileOrDirectory.rawValue) }
        var bus: OpaquePointer?
        var code = sd_bus_new(&bus)
        guard code >= 0, let bus else { throw failure(code) }
        code = sd_bus_set_address(bus, "unix:path=\(socket)")
        if code >= 0 { code = sd_bus_set_method_call_timeout(bus, patience) }
        if code >= 0 { code = sd_bus_start(bus) }
        guard code >= 0 else {
            sd_bus_unref(bus)
            throw failure(code)
        }
        return bus
    }

    // MARK: Units

    /// The unit of a name or alias. One that does not exist is found too: its `LoadState` says so.
    public func unit(_ name: String) throws(SystemError) -> SystemdUnit {
        var object = ""
        try call(
            "LoadUnit", "find unit", on: name, patience: Self.patience,
            arguments: { message in name.withCString { sd_bus_message_append_basic(message, Kind.text, $0) } },
            answer: { message in
                var path: UnsafePointer<CChar>?
                let code = sd_bus_message_read_basic(message, Kind.path, &path)
                if let path { object = String(cString: path) }
                return code
            })
        let found = SystemdUnit(name: name, object: object)
        return SystemdUnit(name: try text("Id", of: found), object: object)
    }

    /// Sets properties until the next boot: the unit's cgroup has them a moment later, and a file for each in the
    /// unit's folder of drop-ins keeps them (systemctl(1), set-property).
    public func set(_ properties: [(name: String, value: UInt64)], of unit: SystemdUnit) throws(SystemError) {
        let what = properties.map { "\($0.name)=\($0.value == .max ? "infinity" : "\($0.value)")" }
        try call(
            "SetUnitProperties", "set \(what.joined(separator: " "))", on: unit.name, patience: Self.patience,
            arguments: { message in
                var runtime: Int32 = 1
                var codes = [
                    unit.name.withCString { sd_bus_message_append_basic(message, Kind.text, $0) },
                    sd_bus_message_append_basic(message, Kind.flag, &runtime),
                    sd_bus_message_open_container(message, Kind.array, "(sv)"),
                ]
                for property in properties {
                    var value = property.value
                    codes += [
                        sd_bus_message_open_container(message, Kind.structure, "sv"),
                        property.name.withCString { sd_bus_message_append_basic(message, Kind.text, $0) },
                        sd_bus_message_open_container(message, Kind.variant, "t"),
                        sd_bus_message_append_basic(message, Kind.number, &value),
                        sd_bus_message_close_container(message), sd_bus_message_close_container(message),
                    ]
                }
                codes.append(sd_bus_message_close_container(message))
                return codes.first { $0 < 0 } ?? 0
            })
    }

    /// Makes systemd read all units' files again, as `systemctl daemon-reload` does.
    public func reload() throws(SystemError) {
        try call("Reload", "daemon-reload", on: "systemd", patience: Self.patienceForReload)
    }

    /// Forgets that a unit has failed, and how often it was started lately: systemd starts one no more that is started
    /// again and again (systemd.unit(5), StartLimitBurst=).
    public func resetFailed(_ unit: String) throws(SystemError) {
        try call(
            "ResetFailedUnit", "reset-failed", on: unit, patience: Self.patience,
            arguments: { message in unit.withCString { sd_bus_message_append_basic(message, Kind.text, $0) } })
    }

    /// Queues the start of a unit in place of whatever else is queued for it (systemctl(1), start). Does not wait.
    public func start(_ unit: String) throws(SystemError) {
        try call(
            "StartUnit", "start", on: unit, patience: Self.patience,
            arguments: { message in
                let codes = [
                    unit.withCString { sd_bus_message_append_basic(message, Kind.text, $0) },
                    "replace".withCString { sd_bus_message_append_basic(message, Kind.text, $0) },
                ]
                return codes.first { $0 < 0 } ?? 0
            })
    }

    // MARK: Properties

    /// A text that every unit has.
    public func text(_ property: String, of unit: SystemdUnit) throws(SystemError) -> String {
        try text(property, of: unit, "\(Self.service).Unit")
    }

    /// The unit's cgroup below systemd's own root, with a leading slash; empty when it has none.
    public func controlGroup(of unit: SystemdUnit) throws(SystemError) -> String {
        try text("ControlGroup", of: unit, unit.interface)
    }

    /// A yes or no that every unit has.
    public func flag(_ property: String, of unit: SystemdUnit) throws(SystemError) -> Bool {
        var value: Int32 = 0
        try read(property, of: unit) { error in
            sd_bus_get_property_trivial(
                bus, Self.service, unit.object, "\(Self.service).Unit", property, &error, Kind.flag, &value)
        }
        return value != 0
    }

    /// A number of the unit's kind, such as `MemoryHigh`; `UInt64.max` is no limit, or unset.
    public func number(_ property: String, of unit: SystemdUnit) throws(SystemError) -> UInt64 {
        var value: UInt64 = 0
        try read(property, of: unit) { error in
            sd_bus_get_property_trivial(
                bus, Self.service, unit.object, unit.interface, property, &error, Kind.number, &value)
        }
        return value
    }

    /// The main process of a service; nil for other kinds of units and while there is none.
    public func mainProcess(of unit: SystemdUnit) throws(SystemError) -> Int32? {
        guard unit.name.hasSuffix(".service") else { return nil }
        var value: UInt32 = 0
        try read("MainPID", of: unit) { error in
            sd_bus_get_property_trivial(
                bus, Self.service, unit.object, unit.interface, "MainPID", &error, Kind.processID, &value)
        }
        return value == 0 ? nil : Int32(exactly: value)
    }

    /// The files that add to the unit's own, as systemd last read them.
    public func dropIns(of unit: SystemdUnit) throws(SystemError) -> [String] {
        var list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        try read("DropInPaths", of: unit) { error in
            sd_bus_get_property_strv(
                bus, Self.service, unit.object, "\(Self.service).Unit", "DropInPaths", &error, &list)
        }
        var paths: [String] = []
        guard let list else { return paths }
        var next = list
        while let entry = next.pointee {
            paths.append(String(cString: entry))
            free(entry)
            next += 1
        }
        free(list)
        return paths
    }

    private func text(
        _ property: String, of unit: SystemdUnit, _ interface: String
    ) throws(SystemError) -> String {
        var value: UnsafeMutablePointer<CChar>?
        try read(property, of: unit) { error in
            sd_bus_get_property_string(bus, Self.service, unit.object, interface, property, &error, &value)
        }
        guard let value else { return "" }
        defer { free(value) }
        return String(cString: value)
    }

    // MARK: The bus

    /// Type codes of the D-Bus specification.
    private enum Kind {
        static let text = CChar(UInt8(ascii: "s"))
        static let path = CChar(UInt8(ascii: "o"))
        static let flag = CChar(UInt8(ascii: "b"))
        static let number = CChar(UInt8(ascii: "t"))
        static let processID = CChar(UInt8(ascii: "u"))
        static let array = CChar(UInt8(ascii: "a"))
        static let structure = CChar(UInt8(ascii: "r"))
        static let variant = CChar(UInt8(ascii: "v"))
    }

    private func read(
        _ property: String, of unit: SystemdUnit, _ body: (inout sd_bus_error) -> Int32
    ) throws(SystemError) {
        var error = sd_bus_error()
        defer { sd_bus_error_free(&error) }
        let code = body(&error)
        guard code >= 0 else { throw failure("read \(property)", unit.name, code, error) }
    }

    private func call(
        _ method: String, _ operation: String, on subject: String, patience: UInt64,
        arguments: (OpaquePointer) -> Int32 = { _ in 0 }, answer: (OpaquePointer) -> Int32 = { _ in 0 }
    ) throws(SystemError) {
        var error = sd_bus_error()
        defer { sd_bus_error_free(&error) }
        var message: OpaquePointer?
        var code = sd_bus_message_new_method_call(
            bus, &message, Self.service, Self.manager, "\(Self.service).Manager", method)
        guard code >= 0, let message else { throw failure(operation, subject, code, error) }
        defer { sd_bus_message_unref(message) }
        code = arguments(message)
        guard code >= 0 else { throw failure(operation, subject, code, error) }
        var reply: OpaquePointer?
        code = sd_bus_call(bus, message, patience, &error, &reply)
        guard code >= 0, let reply else { throw failure(operation, subject, code, error) }
        defer { sd_bus_message_unref(reply) }
        code = answer(reply)
        guard code >= 0 else { throw failure(operation, subject, code, error) }
    }

    private func failure(_ operation: String, _ subject: String, _ code: Int32, _ error: sd_bus_error) -> SystemError {
        SystemError(
            operation, on: subject, Errno(rawValue: -code),
            advice: error.message.map { "systemd says: \(String(cString: $0))" })
    }
}
