import LinuxSystem
import Scenarios

/// Finds the one running container that a scenario means, by asking the runtimes of this host. Changes nothing.
public struct ContainerFinder: Sendable {
    /// Where runtimes are installed: by packages, by hand, and k3s's own.
    public static let standardFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]

    private let folders: [String]
    private let root: String

    /// - Parameters:
    ///   - folders: where the runtimes' command-line tools are looked for.
    ///   - root: what the daemons' sockets are below.
    public init(folders: [String] = ContainerFinder.standardFolders, root: String = "") {
        self.folders = folders
        self.root = root
    }

    /// Where a runtime's command-line tool is; nil when it is not installed.
    public func toolPath(of runtime: ContainerReference.Runtime) -> String? { tool(of: runtime)?.path }

    /// The container; it blocks while the runtimes answer.
    /// - Throws: when none or several match, when the one that matches does not run, or when a runtime did not answer,
    ///   so that nobody knows.
    public func find(_ reference: ContainerReference) throws(ContainerError) -> Container {
        var found: [Container] = []
        var said: [String] = []
        var hasAsked = false
        var hasFailed = false
        for runtime in reference.runtime.map({ [$0] }) ?? ContainerReference.Runtime.allCases {
            guard let tool = tool(of: runtime) else {
                // Of those that nobody named, the absent ones say nothing about the container.
                if reference.runtime != nil {
                    said.append("\(runtime.tool) not found in \(folders.joined(separator: ", "))")
                }
                continue
            }
            // A client is often installed where no daemon runs. One that is named is asked whatever it is told to use.
            if reference.runtime == nil, let reason = lackOfDaemon(runtime) {
                said.append("\(runtime.rawValue) was not asked: \(reason)")
                continue
            }
            hasAsked = true
            do throws(ContainerError) {
                let matches = try Self.ask(runtime.asked(by: tool), reference.selector)
                said.append("\(runtime.rawValue) has \(matches.isEmpty ? "none" : "\(matches.count)")")
                found += matches
            } catch {
                hasFailed = true
                said.append("\(runtime.rawValue) could not be asked: \(error)")
            }
        }
        let answers = said.joined(separator: "; ")
        guard !hasFailed else {
            throw ContainerError(
                "container with the \(reference.selector): \(answers). "
                    + "Mend that, or give `runtime:` so that only one is asked")
        }
        guard hasAsked else {
            let reasons = answers.isEmpty ? "none of \(Self.tools) is in \(folders.joined(separator: ", "))" : answers
            throw ContainerError("no container runtime to ask for the \(reference.selector): \(reasons)")
        }
        return try Self.choose(found, reference.selector, said: answers)
    }

    /// A runtime as it is on this host.
    public struct Availability: Sendable {
        public let name: String
        /// Path of its command-line tool, where there is one.
        public let tool: String?
        /// Why it cannot be asked; nil when it can.
        public let lack: String?
    }

    /// All that are known, those of this host and the others.
    public var runtimes: [Availability] {
        ContainerReference.Runtime.allCases.map { runtime in
            let tool = tool(of: runtime)
            return Availability(
                name: runtime.rawValue, tool: tool?.path,
                lack: tool == nil ? "\(runtime.tool) is not installed" : lackOfDaemon(runtime))
        }
    }

    private static let tools = ContainerReference.Runtime.allCases.map(\.tool).joined(separator: ", ")

    private func tool(of runtime: ContainerReference.Runtime) -> RuntimeTool? {
        folders.map { "\($0)/\(runtime.tool)" }.first(where: SystemFile.exists).map { RuntimeTool(path: $0) }
    }

    /// Why the runtime runs no containers here; nil when it may.
    private func lackOfDaemon(_ runtime: ContainerReference.Runtime) -> String? {
        let sockets = runtime.sockets
        guard !sockets.isEmpty, !sockets.contains(where: { SystemFile.exists("\(root)\($0)") }) else { return nil }
        return "there is no \(sockets.joined(separator: " or "))"
    }

    /// The one that is meant.
    /// - Parameter said: what the runtimes answered, for the message.
    static func choose(
        _ found: [Container], _ selector: ContainerReference.Selector, said: String
    ) throws(ContainerError) -> Container {
        var matches = found
        // Nobody writes a whole id to mean a longer one.
        if case .id(let id) = selector, matches.contains(where: { $0.id == id }) {
            matches = matches.filter { $0.id == id }
        }
        // An engine's container is known to the OCI runtime below it too; the engine is asked first.
        var pids: Set<Int32> = []
        let running = matches.filter { $0.pid.map { pids.insert($0).inserted } ?? false }
        if running.count == 1 { return running[0] }
        guard running.isEmpty else {
            throw ContainerError(
                "\(running.count) running containers have the \(selector): "
                    + running.map(\.summary).joined(separator: "; ") + ". Give the id of one")
        }
        guard matches.isEmpty else {
            throw ContainerError(
                "the container with the \(selector) does not run: "
                    + matches.map(\.summary).joined(separator: "; ") + ". Start it first")
        }
        throw ContainerError("no container has the \(selector): \(said)")
    }

    /// Twice if need be: a container that goes between the list and its description makes the first answer an error.
    private static func ask(
        _ runtime: any ContainerRuntime, _ selector: ContainerReference.Selector
    ) throws(ContainerError) -> [Container] {
        do throws(ContainerError) { return try runtime.containers(selector) } catch {
            return try runtime.containers(selector)
        }
    }
}
