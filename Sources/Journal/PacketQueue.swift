import LinuxSystem
import Synchronization

extension UndoAction {
    /// A queue of the kernel that some of a device's packets are led through: an intermediate functional block (ifb) with
    /// filters on the device that redirect to it. The device's own queueing is not touched.
    public struct PacketQueue: Hashable, Sendable {
        /// One direction.
        public struct Lane: Hashable, Sendable {
            /// Where on the device packets are caught.
            public enum Hook: String, Hashable, Sendable {
                case egress
                case ingress
            }

            public var hook: Hook
            /// The intermediate device, which is nobody else's: its name is made for the run.
            public var queue: String
            /// Preferences (tc(8)) of the filters on the device.
            public var preferences: [Int]

            public init(hook: Hook, queue: String, preferences: [Int]) {
                self.hook = hook
                self.queue = queue
                self.preferences = preferences
            }
        }

        public var namespace: NetworkNamespace
        /// The device whose packets are caught.
        public var device: String
        public var lane: Lane

        public init(namespace: NetworkNamespace, device: String, lane: Lane) {
            self.namespace = namespace
            self.device = device
            self.lane = lane
        }

        /// Says which of the many devices of that name.
        public var name: String { "\(device) in \(namespace)" }

        /// Names of the devices whose hook (clsact) this process has made.
        private static let hooks = Mutex<Set<String>>([])

        /// Runs the body while no other queue of this process is made, looked at or removed: those on one device share
        /// its hook, which comes with the first and goes with the last.
        /// - Parameter body: is given the names of the devices whose hook this process has made.
        public static func exclusively<Value>(
            _ body: (inout Set<String>) throws(SystemError) -> Value
        ) throws(SystemError) -> Value {
            try hooks.withLock { hooks throws(SystemError) in try body(&hooks) }
        }
    }
}

extension UndoAction.PacketQueue {
    func write(to fields: inout FieldWriter) {
        fields.put(namespace.inode)
        fields.put(namespace.cookie)
        fields.put(device)
        fields.put(lane.hook.rawValue)
        fields.put(lane.queue)
        fields.put(lane.preferences.map { String($0) })
    }

    init(from fields: inout FieldReader) throws(JournalError) {
        namespace = NetworkNamespace(inode: try fields.number(), cookie: try fields.number())
        device = try fields.string()
        let name = try fields.string()
        guard let hook = Lane.Hook(rawValue: name) else { throw .malformedRecord("unknown hook \(name)") }
        lane = Lane(
            hook: hook, queue: try fields.string(), preferences: try fields.strings().compactMap { Int($0) })
    }
}
