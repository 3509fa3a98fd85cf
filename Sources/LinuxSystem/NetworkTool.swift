import SystemPackage

/// The tools that set up and show the kernel's network: `ip`, `tc` and `ss` of iproute2, `nft` of nftables.
public enum NetworkTool: String, CaseIterable, Sendable {
    case ip
    case tc
    case ss
    case nft

    private static let folders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]

    /// The Debian package it is in.
    public var package: String { self == .nft ? "nftables" : "iproute2" }

    /// Absolute path; nil when it is not installed.
    public var path: String? {
        NetworkTool.folders.map { "\($0)/\(rawValue)" }.first(where: SystemFile.exists)
    }

    /// Runs it in the calling thread's network namespace.
    /// - Returns: what it wrote to standard output.
    /// - Throws: what it said, with the kernel's error where it names one.
    @discardableResult
    public func run(_ arguments: [String], input: [UInt8] = []) throws(SystemError) -> [UInt8] {
        guard let path else {
            throw SystemError(
                "run \(rawValue)", on: NetworkTool.folders.joined(separator: ", "), .noSuchFileOrDirectory,
                advice: "install it: apt-get install \(package)")
        }
        let call = ToolCall(path, arguments, environment: ["LANG": "C"], input: input, timeLimit: .seconds(20))
        let result = try call.run()
        let said = result.errors.trimmedText
        let words = input.isEmpty ? call.words : "\(call.words) with \"\(input.trimmedText)\""
        switch result.end {
        case .exited(0): return result.output
        case .exited(let code):
            throw SystemError(
                "\(words) (exit \(code))", on: "the network namespace", NetworkTool.error(in: said),
                advice: "it says: \(said)")
        case .tooSlow, .tooMuch:
            throw SystemError(
                call.words, on: "the network namespace", .timedOut,
                advice: "it did not end within \(call.timeLimit), or said too much: killed")
        }
    }

    /// Runs several commands of `ip` or `tc` in one go, until one fails (`-batch`).
    /// - Parameter options: for all of them.
    /// - Returns: what they wrote to standard output together.
    @discardableResult
    public func batch(_ commands: [[String]], options: [String] = []) throws(SystemError) -> [UInt8] {
        let text = commands.map { $0.joined(separator: " ") + "\n" }.joined()
        return try run(options + ["-batch", "-"], input: Array(text.utf8))
    }

    /// Runs it in another network namespace.
    @discardableResult
    public func run(_ arguments: [String], in namespace: NetworkNamespace) throws(SystemError) -> [UInt8] {
        try namespace.run { () throws(SystemError) in try run(arguments) }
    }

    /// The tools say the kernel's error in words (strerror(3)).
    private static func error(in text: String) -> Errno {
        let known: [Errno] = [
            .fileExists, .noSuchFileOrDirectory, .operationNotSupportedByDevice, .notPermitted, .permissionDenied,
            .resourceBusy,
            .notSupportedOnSocket, .noMemory,
        ]
        return known.first { text.contains($0.description) } ?? .invalidArgument
    }
}
