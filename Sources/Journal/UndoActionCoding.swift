import LinuxSystem

extension UndoAction {
    func write(to fields: inout FieldWriter) {
        switch self {
        case .restoreKnob(let knob):
            fields.put("knob")
            knob.write(to: &fields)
        case .restoreNetworkKnob(let knob):
            fields.put("network-knob")
            knob.write(to: &fields)
        case .restoreUnitKnob(let change):
            fields.put("unit-knob")
            change.write(to: &fields)
        case .restoreControllers(let file, let prior):
            fields.put("controllers")
            fields.put(file)
            fields.put(prior)
        case .restoreAttribute(let set):
            fields.put("attribute")
            fields.put(set.attribute.name)
            fields.put(set.cgroupFolder)
            fields.put(set.entries.count)
            for entry in set.entries {
                fields.put(entry.process)
                fields.put(entry.prior)
                fields.put(entry.injected)
            }
        case .resume(let process):
            fields.put("resume")
            fields.put(process)
        case .end(let process):
            fields.put("end")
            fields.put(process)
        case .startServer(let start):
            fields.put("server")
            start.write(to: &fields)
        case .restoreServerFile(let file):
            fields.put("server-file")
            file.write(to: &fields)
        case .startContainer(let container):
            fields.put("container")
            container.write(to: &fields)
        case .removeCgroup(let folder):
            fields.put("cgroup")
            fields.put(folder)
        case .removeTree(let path):
            fields.put("tree")
            fields.put(path)
        case .restoreDeviceTable(let swap):
            fields.put("device-table")
            swap.write(to: &fields)
        case .removeVolume(let volume):
            fields.put("volume")
            volume.write(to: &fields)
        case .removePacketQueue(let queue):
            fields.put("packet-queue")
            queue.write(to: &fields)
        case .removeFilterTable(let table):
            fields.put("filter-table")
            table.write(to: &fields)
        case .removeInterfacePair(let pair):
            fields.put("interface-pair")
            pair.write(to: &fields)
        }
    }

    init(from fields: inout FieldReader) throws(JournalError) {
        let kind = try fields.string()
        switch kind {
        case "knob":
            self = .restoreKnob(try Knob(from: &fields))
        case "network-knob":
            self = .restoreNetworkKnob(try NetworkKnob(from: &fields))
        case "unit-knob":
            self = .restoreUnitKnob(try UnitKnob(from: &fields))
        case "controllers":
            self = .restoreControllers(file: try fields.string(), prior: try fields.strings())
        case "attribute":
            self = .restoreAttribute(try Attribute(from: &fields))
        case "resume":
            self = .resume(try fields.process())
        case "end":
            self = .end(try fields.process())
        case "server":
            self = .startServer(try ServerStart(from: &fields))
        case "server-file":
            self = .restoreServerFile(try ServerFile(from: &fields))
        case "container":
            self = .startContainer(try ContainerStart(from: &fields))
        case "cgroup":
            self = .removeCgroup(folder: try fields.string())
        case "tree":
            self = .removeTree(path: try fields.string())
        case "device-table":
            self = .restoreDeviceTable(try DeviceSwap(from: &fields))
        case "volume":
            self = .removeVolume(try MappedVolume(from: &fields))
        case "packet-queue":
            self = .removePacketQueue(try PacketQueue(from: &fields))
        case "filter-table":
            self = .removeFilterTable(try FilterTable(from: &fields))
        case "interface-pair":
            self = .removeInterfacePair(try InterfacePair(from: &fields))
        default:
            throw .malformedRecord("unknown undo \"\(kind)\"")
        }
    }
}

extension UndoAction.ServerStart {
    func write(to fields: inout FieldWriter) {
        fields.put(executable)
        fields.put(arguments)
        fields.put(environment)
        fields.put(directory)
        fields.put(pidFile)
        fields.put(user)
        fields.put(group)
        fields.put(groups.map { String($0) })
        fields.put(oomScoreAdjustment)
        fields.put(cgroupFolder)
        fields.put(output)
        fields.put(unit)
    }

    init(from fields: inout FieldReader) throws(JournalError) {
        self.init(
            executable: try fields.string(), arguments: try fields.strings(), environment: try fields.strings(),
            directory: try fields.string(), pidFile: try fields.string(), user: try fields.number(),
            group: try fields.number(), groups: try fields.strings().compactMap { UInt32($0) },
            oomScoreAdjustment: try fields.number(), cgroupFolder: try fields.optionalString(),
            output: try fields.optionalString(), unit: try fields.optionalString())
    }
}

extension UndoAction.Knob {
    func write(to fields: inout FieldWriter) {
        fields.put(file)
        fields.put(key)
        fields.put(inode)
        fields.put(prior)
        fields.put(injected.count)
        for value in injected { fields.put(value) }
        fields.put(restoring.map { String(decoding: $0, as: UTF8.self) })
    }

    init(from fields: inout FieldReader) throws(JournalError) {
        file = try fields.string()
        key = try fields.optionalString()
        inode = try fields.number()
        prior = try fields.bytes()
        injected = []
        for _ in 0..<max(0, try fields.number(Int.self)) { injected.append(try fields.bytes()) }
        restoring = try fields.optionalString().map { Array($0.utf8) }
    }
}

extension UndoAction.Attribute {
    init(from fields: inout FieldReader) throws(JournalError) {
        let name = try fields.string()
        guard let attribute = ProcessAttribute(name: name) else {
            throw .malformedRecord("unknown attribute \(name)")
        }
        let folder = try fields.optionalString()
        var entries: [Entry] = []
        for _ in 0..<max(0, try fields.number(Int.self)) {
            entries.append(
                Entry(process: try fields.process(), prior: try fields.string(), injected: try fields.string()))
        }
        self.init(attribute: attribute, entries: entries, cgroupFolder: folder)
    }
}
