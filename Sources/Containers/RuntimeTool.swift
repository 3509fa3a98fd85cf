import Foundation
import LinuxSystem

/// A runtime's command-line tool, called with an argument array, a time limit and bounded output.
struct RuntimeTool: Sendable {
    let path: String
    /// A daemon that is busy starting a container answers late; one that hangs never does.
    var timeLimit: Duration = .seconds(30)
    /// Some 500 containers, each described at length.
    var outputLimit = 8 << 20

    init(path: String) {
        self.path = path
    }

    /// What it wrote to standard output.
    /// - Throws: with what it wrote to standard error when it ended with another status than 0, too late or with more
    ///   output than any answer has.
    func output(_ arguments: [String]) throws(ContainerError) -> [UInt8] {
        // Its own environment is what tells a person's tool which daemon and which storage to use.
        let call = ToolCall(
            path, arguments, environment: ProcessInfo.processInfo.environment, timeLimit: timeLimit,
            outputLimit: outputLimit)
        let result: ToolCall.Result
        do throws(SystemError) {
            result = try call.run()
        } catch {
            throw ContainerError("\(call.words): \(error)")
        }
        let said = result.errors.isEmpty ? "" : ": \(String(result.errors.trimmedText.suffix(400)))"
        switch result.end {
        case .exited(0): return result.output
        case .exited(let code): throw ContainerError("\(call.words) ended with status \(code)\(said)")
        case .tooSlow: throw ContainerError("\(call.words) did not end within \(timeLimit)\(said)")
        case .tooMuch: throw ContainerError("\(call.words) said more than \(outputLimit) bytes")
        }
    }

    /// The answer as JSON of a known form.
    func answer<Value: Decodable>(_ type: Value.Type, _ arguments: [String]) throws(ContainerError) -> Value {
        let output = try output(arguments)
        do {
            return try JSONDecoder().decode(type, from: Data(output))
        } catch {
            throw ContainerError(
                "`\(path) \(arguments.joined(separator: " "))` answered what is not the JSON expected (\(error)): "
                    + String(output.trimmedText.prefix(200)))
        }
    }
}
