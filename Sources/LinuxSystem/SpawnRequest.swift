import CLinux
import Glibc
import SystemPackage

/// A program to start: an argument array (never a shell), from its first instruction in its cgroup.
public struct SpawnRequest: Sendable {
    /// Absolute path of the executable.
    public var path: String
    /// Arguments after the program's own name.
    public var arguments: [String]
    public var environment: [String: String]
    public var directory: String?
    /// Path of a cgroup v2 folder to start in (CLONE_INTO_CGROUP, clone(2)); nil inherits.
    public var cgroup: String?
    public var newSession: Bool
    /// Drops to this user and its groups; nil stays root.
    public var owner: Owner?
    /// -1000…1000; nil inherits it (proc(5), oom_score_adj).
    public var oomScoreAdjustment: Int32?
    /// Descriptor numbers for 0, 1 and 2; nil is /dev/null.
    public var standardInput: Int32?
    public var standardOutput: Int32?
    public var standardError: Int32?
    /// Descriptors that stay open in the child as 3, 4, …, at most 16.
    public var kept: [Int32]
    /// Kills it when the thread that starts it ends (prctl(2), PR_SET_PDEATHSIG), as it does when its process is killed.
    public var endsWithParent = false
    /// Starts it in a network namespace of its own (CLONE_NEWNET, clone(2)) in which nothing but loopback is up.
    public var hasOwnNetwork = false

    public struct Owner: Hashable, Sendable {
        public var user: UInt32
        public var group: UInt32
        /// Supplementary groups.
        public var groups: [UInt32]

        public init(user: UInt32, group: UInt32, groups: [UInt32] = []) {
            self.user = user
            self.group = group
            self.groups = groups
        }
    }

    public init(
        _ path: String, _ arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil,
        cgroup: String? = nil, newSession: Bool = false, owner: Owner? = nil, oomScoreAdjustment: Int32? = nil,
        standardInput: Int32? = nil, standardOutput: Int32? = nil, standardError: Int32? = nil, kept: [Int32] = []
    ) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.cgroup = cgroup
        self.newSession = newSession
        self.owner = owner
        self.oomScoreAdjustment = oomScoreAdjustment
        self.standardInput = standardInput
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.kept = kept
    }

    /// Starts the program.
    /// - Throws: the error of the step that failed, also of those between clone and exec in the child.
    public func start(in table: ProcessTable = ProcessTable()) throws(SystemError) -> ProcessHandle {
        guard let cgroup else { return try start(in: table, cgroupDescriptor: -1) }
        let folder = try OwnedDescriptor.open(cgroup, O_RDONLY | O_DIRECTORY)
        let handle = try start(in: table, cgroupDescriptor: folder.number)
        try folder.close()
        return handle
    }

    private func start(in table: ProcessTable, cgroupDescriptor: Int32) throws(SystemError) -> ProcessHandle {
        var pidfd: Int32 = -1
        var step: UnsafePointer<CChar>?
        let outcome = withCStrings([path] + arguments) { argumentPointers in
            withCStrings(environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }) {
                environmentPointers in
                withOptionalCString(directory) { directoryPointer in
                    withArrays(kept, owner?.groups ?? []) { keptPointer, groupsPointer in
                        var request = cl_spawn_request(
                            path: argumentPointers.baseAddress?.pointee.map { UnsafePointer($0) },
                            arguments: argumentPointers.baseAddress, environment: environmentPointers.baseAddress,
                            directory: directoryPointer, standard_input: standardInput ?? -1,
                            standard_output: standardOutput ?? -1, standard_error: standardError ?? -1,
                            kept: keptPointer.baseAddress, kept_count: Int32(kept.count),
                            cgroup: cgroupDescriptor, new_session: newSession ? 1 : 0,
                            user: owner.map { Int64($0.user) } ?? -1, group: owner.map { Int64($0.group) } ?? -1,
                            groups: groupsPointer.baseAddress, groups_count: Int32(groupsPointer.count),
                            writes_oom_score_adj: oomScoreAdjustment == nil ? 0 : 1,
                            oom_score_adj: oomScoreAdjustment ?? 0, ends_with_parent: endsWithParent ? 1 : 0,
                            new_network: hasOwnNetwork ? 1 : 0)
                        return cl_spawn(&request, &pidfd, &step)
                    }
                }
            }
        }
        guard outcome >= 0 else {
            let failed = step.map { String(cString: $0) } ?? "clone3"
            throw SystemError("start (\(failed))", on: path, Errno(rawValue: -outcome))
        }
        let descriptor = OwnedDescriptor(owning: pidfd)
        let identity = try table.identity(of: outcome)
        return ProcessHandle(identity: identity, owning: descriptor)
    }
}

private func withArrays<Result>(
    _ kept: [Int32], _ groups: [gid_t], _ body: (UnsafeBufferPointer<Int32>, UnsafeBufferPointer<gid_t>) -> Result
) -> Result {
    kept.withUnsafeBufferPointer { kept in groups.withUnsafeBufferPointer { body(kept, $0) } }
}

private func withOptionalCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let text else { return body(nil) }
    return text.withCString { body($0) }
}

/// A NULL-terminated array of C strings, as execve(2) wants it.
private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafeBufferPointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
    defer { for copy in copies { free(copy) } }
    return copies.withUnsafeBufferPointer(body)
}
