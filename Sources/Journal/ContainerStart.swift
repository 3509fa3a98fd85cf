import LinuxSystem

/// A container that Brink took down, and the tool of its runtime that starts it again: `docker` or `podman`.
public struct ContainerStart: Hashable, Sendable {
    /// Absolute path.
    public var tool: String
    public var id: String
    /// `NAME=value`: what tells the tool which daemon and which storage to use.
    public var environment: [String]
    /// The cgroup folder of the process that watches over the container, where the runtime has one (conmon): what the tool
    /// leaves running must not be in Brink's own, which goes with the run. Nil for the caller's.
    public var cgroupFolder: String?

    public init(tool: String, id: String, environment: [String], cgroupFolder: String? = nil) {
        self.tool = tool
        self.id = id
        self.environment = environment
        self.cgroupFolder = cgroupFolder
    }

    /// Runs the tool on the container.
    /// - Returns: what it wrote to standard output; nil when it ended with another status than 0.
    @discardableResult
    public func call(_ arguments: [String], within limit: Duration = .seconds(60)) throws(SystemError) -> String? {
        var variables: [String: String] = [:]
        for entry in environment {
            let pair = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
        }
        var call = ToolCall(tool, arguments + [id], environment: variables, timeLimit: limit)
        if let cgroupFolder {
            try SystemFile.makeFolders(cgroupFolder, mode: 0o755)
            call.cgroup = cgroupFolder
        }
        let result = try call.run()
        switch result.end {
        case .exited(0): return result.output.trimmedText
        case .exited: return nil
        case .tooSlow, .tooMuch:
            throw SystemError(call.words, on: id, .timedOut, advice: "see \(tool) itself: \(result.errors.trimmedText)")
        }
    }

    /// Nil when there is no such container any more.
    public func isRunning() throws(SystemError) -> Bool? {
        try call(["inspect", "--type", "container", "--format", "{{.State.Running}}"]).map { $0 == "true" }
    }

    func restore() throws(SystemError) -> UndoOutcome {
        guard let isRunning = try isRunning() else { return .targetGone("the container \(id) was removed") }
        if isRunning { return .alreadyRestored }
        try call(["start"])
        guard try self.isRunning() == true else { return .failed("\(tool) start \(id): it does not run") }
        return .restored
    }

    /// What is left of the change; nil for nothing.
    func residue(isOpen: Bool) throws(SystemError) -> String? {
        guard isOpen, try isRunning() == false else { return nil }
        return "the container \(id) does not run"
    }
}

extension ContainerStart {
    func write(to fields: inout FieldWriter) {
        fields.put(tool)
        fields.put(id)
        fields.put(environment)
        fields.put(cgroupFolder)
    }

    init(from fields: inout FieldReader) throws(JournalError) {
        self.init(
            tool: try fields.string(), id: try fields.string(), environment: try fields.strings(),
            cgroupFolder: try fields.optionalString())
    }
}
