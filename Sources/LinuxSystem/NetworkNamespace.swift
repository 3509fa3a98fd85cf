import CLinux
import Glibc
import Synchronization
import SystemPackage

/// A network namespace that cannot be mistaken for a later one.
///
/// The inode of its nsfs file (namespaces(7)) is given to another once it is gone; the cookie (SO_NETNS_COOKIE of
/// socket(7), Linux 5.14) is not, until the next boot.
public struct NetworkNamespace: Hashable, Sendable, CustomStringConvertible {
    public let inode: UInt64
    /// 0 on a kernel that has none.
    public let cookie: UInt64

    /// One that is known from a record.
    public init(inode: UInt64, cookie: UInt64) {
        self.inode = inode
        self.cookie = cookie
    }

    /// The one a process is in.
    /// - Throws: ENOENT when the process has ended.
    public init(of pid: Int32) throws(SystemError) {
        let path = NetworkNamespace.path(of: pid, in: "/proc")
        inode = try SystemFile.inode(of: path)
        let found = try NetworkNamespace.inside(path) { () throws(SystemError) in try NetworkNamespace.currentCookie() }
        cookie = found
    }

    public var description: String { "net:[\(inode)]" }

    /// Its inode alone, which does not enter it.
    public static func inode(of pid: Int32) throws(SystemError) -> UInt64 {
        try SystemFile.inode(of: path(of: pid, in: "/proc"))
    }

    /// Whether a process lives in it or a mount of nsfs holds it. One that only an open descriptor holds is not seen.
    public func exists() throws(SystemError) -> Bool { try place() != nil }

    /// Runs the body on a thread of its own that has entered the namespace. Files below /proc/sys/net are its own there,
    /// and so is every socket that is made there, for good.
    /// - Throws: ENOENT when nothing holds the namespace any more, and what the body throws.
    public func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(SystemError) -> Value
    ) throws(SystemError) -> Value {
        guard let place = try place() else {
            throw SystemError(
                "enter the network namespace", on: description, .noSuchFileOrDirectory,
                advice: "no process is in it and no mount holds it: it is gone")
        }
        return try NetworkNamespace.inside(place, body)
    }

    /// A new, empty one, which lives for as long as its mount does.
    /// - Parameter file: does not exist yet; it is made and the namespace mounted on it.
    public static func make(on file: String) throws(SystemError) -> NetworkNamespace {
        try OwnedDescriptor.open(file, O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600).close()
        let inode = try onItsOwnThread(file) { () throws(SystemError) in
            try check(cl_new_network(file), "make a network namespace", on: file)
            return try SystemFile.inode(of: file)
        }
        return NetworkNamespace(
            inode: inode, cookie: try inside(file) { () throws(SystemError) in try currentCookie() })
    }

    // MARK: Finding it

    private static func path(of pid: Int32, in root: String) -> String { "\(root)/\(pid)/ns/net" }

    /// A file that leads to it.
    private func place() throws(SystemError) -> String? {
        for path in try candidates() {
            guard let found = try? SystemFile.inode(of: path), found == inode else { continue }
            let cookie: UInt64
            do throws(SystemError) {
                cookie = try NetworkNamespace.inside(path) { () throws(SystemError) in
                    try NetworkNamespace.currentCookie()
                }
            } catch {
                // The process has ended since; another one may be in it still.
                if [.noSuchFileOrDirectory, .noSuchProcess].contains(error.errno) { continue }
                throw error
            }
            return cookie == self.cookie ? path : nil
        }
        return nil
    }

    private func candidates() throws(SystemError) -> [String] {
        let processes = try ProcessTable().pids().map { NetworkNamespace.path(of: $0, in: "/proc") }
        // proc_pid_mountinfo(5): the fourth field is the root of the mount, the fifth where it is. `ip netns` and
        // container engines keep namespaces so.
        let mounts = String(decoding: try SystemFile.read("/proc/self/mountinfo"), as: UTF8.self)
            .split(separator: "\n").compactMap { line -> String? in
                let fields = line.split(separator: " ")
                return fields.count > 4 && fields[3] == description ? String(fields[4]) : nil
            }
        return mounts + processes
    }

    private static func currentCookie() throws(SystemError) -> UInt64 {
        var cookie: UInt64 = 0
        let outcome = cl_network_cookie(&cookie)
        // Older than Linux 5.14: the inode has to do.
        if outcome == -ENOPROTOOPT { return 0 }
        try check(outcome, "getsockopt SO_NETNS_COOKIE", on: "this thread's network namespace")
        return cookie
    }

    // MARK: Entering it

    private final class Job<Value: Sendable>: Sendable {
        let body: @Sendable () throws(SystemError) -> Value
        let result = Mutex<Result<Value, SystemError>?>(nil)

        init(_ body: @escaping @Sendable () throws(SystemError) -> Value) { self.body = body }

        func run() {
            let outcome: Result<Value, SystemError>
            do throws(SystemError) { outcome = .success(try body()) } catch { outcome = .failure(error) }
            result.withLock { $0 = outcome }
        }
    }

    /// A thread that has entered a namespace is never used for anything else: this one ends with the body.
    private static func inside<Value: Sendable>(
        _ path: String, _ body: @escaping @Sendable () throws(SystemError) -> Value
    ) throws(SystemError) -> Value {
        try onItsOwnThread(path) { () throws(SystemError) -> Value in
            let file = try OwnedDescriptor.open(path, O_RDONLY)
            try check(cl_enter_network(file.number), "setns", on: path)
            try file.close()
            return try body()
        }
    }

    private static func onItsOwnThread<Value: Sendable>(
        _ path: String, _ body: @escaping @Sendable () throws(SystemError) -> Value
    ) throws(SystemError) -> Value {
        let job = Job(body)
        let start: @Sendable () -> Void = { job.run() }
        try NetworkNamespace.onAThread(start)
        guard let result = job.result.withLock({ $0 }) else {
            throw SystemError("run a thread in", on: path, .canceled)
        }
        return try result.get()
    }

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs the body on a new thread and waits for it.
    private static func onAThread(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Body(body))
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            context.release()
            throw SystemError(
                "start a thread", on: "this process", Errno(rawValue: code), advice: "raise pids.max or RLIMIT_NPROC")
        }
        pthread_join(thread, nil)
    }
}
