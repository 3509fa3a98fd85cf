import Glibc
import LinuxSystem
import SystemPackage

/// One cgroup by its path. A value: it names the cgroup and owns nothing.
public struct Cgroup: Hashable, Sendable, CustomStringConvertible {
    public let hierarchy: CgroupHierarchy
    /// Relative to the hierarchy's root, without surrounding slashes; empty is the root.
    public let path: String

    public var description: String { path.isEmpty ? "/" : path }

    /// The folder in the file system.
    public var folder: String { path.isEmpty ? hierarchy.root : "\(hierarchy.root)/\(path)" }

    public var exists: Bool { SystemFile.exists(folder) }

    /// The cgroup one level up; nil for the root.
    public var parent: Cgroup? {
        guard !path.isEmpty else { return nil }
        let end = path.lastIndex(of: "/") ?? path.startIndex
        return Cgroup(hierarchy: hierarchy, path: String(path[..<end]))
    }

    public func child(_ name: String) -> Cgroup {
        Cgroup(hierarchy: hierarchy, path: path.isEmpty ? name : "\(path)/\(name)")
    }

    /// Whether the other cgroup is this one or below it.
    public func contains(_ other: Cgroup) -> Bool {
        hierarchy == other.hierarchy && (path.isEmpty || other.path == path || other.path.hasPrefix("\(path)/"))
    }

    /// The folder's inode: it tells a removed and recreated cgroup from the first one.
    public func inode() throws(SystemError) -> UInt64 {
        try SystemFile.inode(of: folder)
    }

    /// Whether it has an interface file: its controller is enabled and the kernel knows it.
    public func has(_ knob: String) -> Bool { SystemFile.exists(file(knob)) }

    /// The path of an interface file.
    public func file(_ knob: String) -> String { "\(folder)/\(knob)" }

    /// The knob's exact bytes.
    public func read(_ knob: String) throws(SystemError) -> [UInt8] {
        do {
            return try SystemFile.read(file(knob))
        } catch {
            throw explain(error, knob: knob)
        }
    }

    /// The knob's text without the trailing newline.
    public func readText(_ knob: String) throws(SystemError) -> String {
        try read(knob).trimmedText
    }

    /// The knob as a number; nil for `max`.
    public func readNumber(_ knob: String) throws(SystemError) -> UInt64? {
        let bytes = try read(knob)
        var scanner = ByteScanner(bytes)
        if scanner.skip("max") { return nil }
        guard let number = scanner.number() else {
            throw SystemError("read a number (\"\(bytes.trimmedText)\")", on: file(knob), .invalidArgument)
        }
        return number
    }

    /// A flat keyed file such as memory.events or cpu.stat (cgroup-v2.rst, "Flat keyed").
    public func readCounters(_ knob: String) throws(SystemError) -> [String: UInt64] {
        var scanner = ByteScanner(try read(knob))
        var counters: [String: UInt64] = [:]
        while !scanner.isAtEnd {
            let key = scanner.word()
            scanner.skipBlanks()
            if let value = scanner.number() { counters[String(decoding: key, as: UTF8.self)] = value }
            scanner.skipLine()
        }
        return counters
    }

    /// Some counters of a flat keyed file, in the order asked for; nil for those it lacks. memory.stat has 65 of which
    /// a probe wants four.
    public func readCounters(_ knob: String, _ keys: [StaticString]) throws(SystemError) -> [UInt64?] {
        Cgroup.counters(keys, in: try read(knob))
    }

    /// Some counters of a flat keyed file's bytes.
    public static func counters(_ keys: [StaticString], in bytes: [UInt8]) -> [UInt64?] {
        var scanner = ByteScanner(bytes)
        var values = [UInt64?](repeating: nil, count: keys.count)
        while !scanner.isAtEnd {
            for (index, key) in keys.enumerated() where values[index] == nil {
                var ahead = scanner
                guard ahead.skip(key), ahead.skip(" ") else { continue }
                values[index] = ahead.number()
                break
            }
            scanner.skipLine()
        }
        return values
    }

    /// Writes a knob and reads it back.
    /// - Throws: the write's error, or EIO when the kernel shows another value than the one written.
    public func write(_ knob: String, _ value: String) throws(SystemError) {
        do {
            try SystemFile.writeOnce(file(knob), Array(value.utf8))
        } catch {
            throw explain(error, knob: knob)
        }
        let seen = try readText(knob)
        guard seen == value else {
            throw SystemError(
                "read back \"\(value)\"", on: file(knob), .ioError, advice: "the kernel shows \"\(seen)\"")
        }
    }

    /// The processes directly in this cgroup.
    public func processes() throws(SystemError) -> [Int32] {
        var scanner = ByteScanner(try read("cgroup.procs"))
        var pids: [Int32] = []
        while !scanner.isAtEnd {
            if let pid = scanner.number().flatMap({ Int32(exactly: $0) }) { pids.append(pid) }
            scanner.skipLine()
        }
        return pids
    }

    /// The processes in this cgroup and all below it.
    public func allProcesses() throws(SystemError) -> [Int32] {
        var pids = try processes()
        for child in try children() {
            do throws(SystemError) {
                pids += try child.allProcesses()
            } catch {
                // One that was removed since it was listed has none left.
                guard !child.exists else { throw error }
            }
        }
        return pids
    }

    /// The cgroups directly below.
    public func children() throws(SystemError) -> [Cgroup] {
        // Most have none, and half a hundred files that need not be looked at to know it.
        if SystemFile.isLeaf(folder) { return [] }
        return try SystemFile.entries(of: folder).map { child($0) }.filter {
            SystemFile.exists($0.file("cgroup.procs"))
        }
    }

    /// Creates the folder; parents must exist.
    public func create() throws(SystemError) {
        guard mkdir(folder, 0o755) == 0 else {
            throw SystemError("create cgroup", on: folder, Errno(rawValue: Glibc.errno))
        }
    }

    /// Enables controllers for this cgroup's children.
    /// - Throws: ENOENT with advice when the parent does not pass one of them on.
    public func enableControllers(_ names: [String]) throws(SystemError) {
        let enabled = Set(try readText("cgroup.subtree_control").split(separator: " ").map(String.init))
        for name in names where !enabled.contains(name) {
            do {
                try SystemFile.writeOnce(file("cgroup.subtree_control"), Array("+\(name)".utf8))
            } catch {
                throw SystemError(
                    "enable controller \(name)", on: file("cgroup.subtree_control"), error.errno,
                    advice: "delegate \(name) to \(self): see `brink doctor`")
            }
        }
    }

    private func explain(_ error: SystemError, knob: String) -> SystemError {
        guard error.errno == .noSuchFileOrDirectory else { return error }
        guard exists else {
            return SystemError(error.operation, on: file(knob), error.errno, advice: "the cgroup \(self) is gone")
        }
        let controller = knob.split(separator: ".").first.map(String.init) ?? knob
        return SystemError(
            error.operation, on: file(knob), error.errno,
            advice: "the \(controller) controller is not enabled for \(self), or this kernel has no \(knob)")
    }
}
