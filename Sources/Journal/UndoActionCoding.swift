import LinuxSystem

extension UndoAction {
    func write(to fields: inout FieldWriter) {
        switch self {
        case .restoreKnob(let knob):
            fields.put("knob")
            fields.put(knob.file)
            fields.put(knob.inode)
            fields.put(knob.prior)
            fields.put(knob.injected)
        case .restoreControllers(let file, let prior):
            fields.put("controllers")
            fields.put(file)
            fields.put(prior)
        case .restoreLimits(let limits):
            fields.put("limits")
            fields.put(limits.resource.rawValue)
            fields.put(limits.injectedSoft)
            fields.put(limits.cgroupFolder)
            fields.put(limits.entries.count)
            for entry in limits.entries {
                fields.put(entry.process)
                fields.put(entry.prior.soft)
                fields.put(entry.prior.hard)
            }
        case .resume(let process):
            fields.put("resume")
            fields.put(process)
        case .end(let process):
            fields.put("end")
            fields.put(process)
        case .startServer(let start):
            fields.put("server")
            fields.put(start.executable)
            fields.put(start.arguments)
            fields.put(start.environment)
            fields.put(start.directory)
            fields.put(start.pidFile)
            fields.put(start.user)
            fields.put(start.group)
            fields.put(start.groups.map { String($0) })
            fields.put(start.oomScoreAdjustment)
            fields.put(start.cgroupFolder)
            fields.put(start.output)
        case .removeCgroup(let folder):
            fields.put("cgroup")
            fields.put(folder)
        case .removeTree(let path):
            fields.put("tree")
            fields.put(path)
        }
    }

    init(from fields: inout FieldReader) throws(JournalError) {
        let kind = try fields.string()
        switch kind {
        case "knob":
            self = .restoreKnob(
                Knob(
                    file: try fields.string(), inode: try fields.number(), prior: try fields.bytes(),
                    injected: try fields.bytes()))
        case "controllers":
            self = .restoreControllers(file: try fields.string(), prior: try fields.strings())
        case "limits":
            self = .restoreLimits(try Limits(from: &fields))
        case "resume":
            self = .resume(try fields.process())
        case "end":
            self = .end(try fields.process())
        case "server":
            self = .startServer(
                ServerStart(
                    executable: try fields.string(), arguments: try fields.strings(),
                    environment: try fields.strings(), directory: try fields.string(), pidFile: try fields.string(),
                    user: try fields.number(), group: try fields.number(),
                    groups: try fields.strings().compactMap { UInt32($0) }, oomScoreAdjustment: try fields.number(),
                    cgroupFolder: try fields.optionalString(),
                    output: try fields.optionalString()))
        case "cgroup":
            self = .removeCgroup(folder: try fields.string())
        case "tree":
            self = .removeTree(path: try fields.string())
        default:
            throw .malformedRecord("unknown undo \"\(kind)\"")
        }
    }
}

extension UndoAction.Limits {
    init(from fields: inout FieldReader) throws(JournalError) {
        let name = try fields.string()
        guard let resource = ResourceLimit(rawValue: name) else { throw .malformedRecord("unknown limit \(name)") }
        let injected = try fields.number(UInt64.self)
        let folder = try fields.optionalString()
        var entries: [Entry] = []
        for _ in 0..<max(0, try fields.number(Int.self)) {
            let process = try fields.process()
            entries.append(
                Entry(
                    process: process,
                    prior: ResourceLimit.Values(soft: try fields.number(), hard: try fields.number())))
        }
        self.init(resource: resource, injectedSoft: injected, entries: entries, cgroupFolder: folder)
    }
}
