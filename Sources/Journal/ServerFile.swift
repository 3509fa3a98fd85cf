import LinuxSystem

/// A configuration file of a server that Brink changed: its bytes before and after, and how the server takes note.
public struct ServerFile: Hashable, Sendable {
    public var path: String
    public var prior: [UInt8]
    public var injected: [UInt8]
    /// Whose file it is, and its permission bits.
    public var user: UInt32
    public var group: UInt32
    public var mode: UInt32
    /// The server that reads it.
    public var server: UndoAction.ServerStart
    /// Whether it reads the file only when it starts; otherwise a SIGHUP will do.
    public var needsRestart: Bool

    public init(
        path: String, prior: [UInt8], injected: [UInt8], user: UInt32, group: UInt32, mode: UInt32,
        server: UndoAction.ServerStart, needsRestart: Bool
    ) {
        self.path = path
        self.prior = prior
        self.injected = injected
        self.user = user
        self.group = group
        self.mode = mode
        self.server = server
        self.needsRestart = needsRestart
    }

    /// Replaces the file's bytes all at once, owner and mode as they were.
    public func write(_ bytes: [UInt8]) throws(SystemError) {
        try SystemFile.replace(
            path, bytes, mode: mode, owner: SpawnRequest.Owner(user: user, group: group))
    }

    /// Puts the prior bytes back and has the server read them.
    /// - Parameter starter: starts the server again where that is needed.
    public func restore(_ starter: ServerStarter) throws(SystemError) -> UndoOutcome {
        guard let current = try SystemFile.readIfPresent(path) else { return .targetGone("\(path) is gone") }
        guard current == injected || current == prior else {
            return .conflict(
                "\(path) holds neither the injected nor the prior bytes: someone else wrote it: left alone")
        }
        if current == injected {
            try write(prior)
            guard try SystemFile.read(path) == prior else { return .failed("\(path) does not hold what was written") }
        } else if !needsRestart {
            return .alreadyRestored
        }
        if needsRestart {
            _ = try starter.restart(server)
        } else {
            try starter.reload(server)
        }
        return current == prior ? .alreadyRestored : .restored
    }

    /// What is left of the change; nil for nothing.
    func residue(isOpen: Bool) throws(SystemError) -> String? {
        guard let current = try SystemFile.readIfPresent(path), current != prior, isOpen || current == injected
        else { return nil }
        return "\(path) does not hold the bytes that it held before"
    }
}

extension ServerFile {
    func write(to fields: inout FieldWriter) {
        fields.put(path)
        fields.put(prior)
        fields.put(injected)
        fields.put(user)
        fields.put(group)
        fields.put(mode)
        server.write(to: &fields)
        fields.put(needsRestart ? 1 : 0)
    }

    init(from fields: inout FieldReader) throws(JournalError) {
        self.init(
            path: try fields.string(), prior: try fields.bytes(), injected: try fields.bytes(),
            user: try fields.number(), group: try fields.number(), mode: try fields.number(),
            server: try UndoAction.ServerStart(from: &fields), needsRestart: try fields.number(Int.self) == 1)
    }
}
