import Foundation
import Synchronization
import Testing

/// A session of `brink attach --stdio`: services and load of a scenario, and faults that a test names.
///
/// Everything is taken back by `close()`, by the end of this process, or by Brink's guardian when Brink itself dies.
public final class AttachedBrink: Sendable, FaultSession {
    /// The session of the suite or test that is running; see `BrinkEnvironment`.
    @TaskLocal public static var current: AttachedBrink?

    /// Where a service that was started is.
    public struct Place: Decodable, Hashable, Sendable {
        public var address: String?
        public var url: String?
        public var pid: Int32
    }

    /// How a session ended.
    public struct Ending: Decodable, Hashable, Sendable {
        public var verdict: String
        public var reason: String
        public var exitCode: Int32
        /// Where its reports are.
        public var folder: String
        /// What became of the load's writes; nil where they could not be accounted for.
        public var ledger: Ledger?
    }

    /// The load's writes by what became of them, once all were read back.
    public struct Ledger: Decodable, Hashable, Sendable {
        public var sent: Int
        public var acknowledged: Int
        public var failed: Int
        /// The client never learnt their outcome.
        public var unknown: Int
        /// Acknowledged and not stored.
        public var lost: Int
        /// Stored though they failed or were never sent.
        public var phantom: Int
    }

    public let services: [String: Place]
    public let folder: String
    private let child: BrinkProcess
    private let state = Mutex(State())

    private struct State {
        var number = 0
        var names = 0
        var ending: Ending?
    }

    private struct Line: Decodable {
        var id: Int?
        var event: String?
        var error: String?
        var services: [String: Place]?
        var folder: String?
    }

    private struct Granted<Result: Decodable>: Decodable {
        var result: Result
    }

    /// Starts Brink and waits until the services run.
    /// - Parameters:
    ///   - scenario: a file without faults, or the id of a shipped scenario.
    ///   - program: its path; nil for `BRINK_PROGRAM` of the environment.
    ///   - arguments: further ones of `brink attach`.
    ///   - patience: how long the services may take to run; then Brink is ended.
    /// - Throws: `BrinkFailure` with what Brink says.
    public static func start(
        _ scenario: String, program: String? = nil, arguments: [String] = [], patience: Duration = .seconds(300)
    ) async throws -> AttachedBrink {
        guard let program = program ?? ProcessInfo.processInfo.environment["BRINK_PROGRAM"] else {
            throw BrinkFailure("give brink's path, or set BRINK_PROGRAM")
        }
        return try await launch(program, ["attach", "--stdio", scenario] + arguments, patience: patience)
    }

    /// Starts a program that speaks as `brink attach --stdio` does.
    /// - Parameter grace: how long it may take to end by itself when it was not ready in time; then it is killed.
    static func launch(
        _ program: String, _ arguments: [String], patience: Duration, grace: Duration = .seconds(30)
    ) async throws -> AttachedBrink {
        try await blocking {
            let child = try BrinkProcess(program, arguments)
            return try AttachedBrink(child, first: try child.firstLine(within: patience, grace: grace))
        }
    }

    private init(_ child: BrinkProcess, first line: Data) throws {
        let first = try JSONDecoder().decode(Line.self, from: line)
        guard first.event == "ready", let services = first.services, let folder = first.folder else {
            child.waitUntilExit()
            throw BrinkFailure(first.error ?? "brink did not begin: \(child.errors.text)")
        }
        self.child = child
        self.services = services
        self.folder = folder
    }

    // MARK: Faults

    /// Injects a fault for as long as the body lasts.
    /// - Parameter body: is given what showed that the fault took effect.
    /// - Throws: what the body throws, and a failure to take the fault back is then an issue beside it; else
    ///   `BrinkFailure` when the fault cannot be injected, seen or taken back.
    public func inject<Value: Sendable>(
        _ fault: ChaosFault, _ body: @Sendable (_ evidence: String) async throws -> Value
    ) async throws -> Value {
        let (name, evidence) = try await begin(fault)
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body(evidence))
        } catch {
            outcome = .failure(error)
        }
        return try await undoAll([name], after: outcome)
    }

    /// Injects a fault until `undo`, or the session's end.
    /// - Returns: its name, and what showed that it took effect.
    public func begin(_ fault: ChaosFault) async throws -> (name: String, evidence: String) {
        struct Injected: Decodable {
            var evidence: String?
        }
        let number = state.withLock { state in
            state.names += 1
            return state.names
        }
        let name = "\(fault.kind.replacing(".", with: "-").replacing("_", with: "-"))-\(number)"
        var parameters = fault.parameters
        parameters["target"] = fault.target
        let named: [String: any Sendable] = ["id": name, fault.kind: parameters]
        let injected: Injected = try await ask(
            "inject", ["fault": named, "within": "\(fault.patience / .milliseconds(1))ms"])
        guard let evidence = injected.evidence else {
            for failure in await undoAll([name]) { Issue.record(failure) }
            // What did not work must not look like what was survived.
            throw BrinkFailure("\(fault.kind) was not seen to take effect on \(fault.target)")
        }
        return (name, evidence)
    }

    public func undo(_ name: String) async throws {
        let _: [String: String] = try await ask("undo", ["fault": name])
    }

    // MARK: Measuring

    /// Waits until the steady state holds again.
    /// - Returns: from the last fault's end to then.
    /// - Throws: `BrinkFailure` when it does not within the patience.
    @discardableResult
    public func recover(within patience: Duration = .seconds(30)) async throws -> Duration {
        struct Recovered: Decodable {
            var recovered: Double?
        }
        let text = "\(patience / .milliseconds(1))ms"
        let answer: Recovered = try await ask("recover", ["within": text])
        guard let seconds = answer.recovered else {
            throw BrinkFailure("the steady state did not hold again within \(text)")
        }
        return .seconds(seconds)
    }

    /// Metrics over the last stretch of time, by the names that conditions use, in base units; without those that are not
    /// known.
    public func metrics(_ names: [String], over time: Duration = .seconds(5)) async throws -> [String: Double] {
        try await ask("metrics", ["names": names, "over": "\(time / .milliseconds(1))ms"])
    }

    /// How many writes the load has sent, and how many were acknowledged.
    public func writes() async throws -> (sent: Int, acknowledged: Int) {
        let counts: [String: Int] = try await ask("writes", [:])
        return (counts["sent"] ?? 0, counts["acknowledged"] ?? 0)
    }

    // MARK: Ending

    /// Ends the session: everything is taken back, and each acknowledged write is looked for.
    public func close() async throws -> Ending {
        if let ending = state.withLock({ $0.ending }) { return ending }
        let ending: Ending = try await Self.blocking { [self] in
            let line = try exchange("finish", [:])
            try child.input.close()
            child.waitUntilExit()
            return try JSONDecoder().decode(Ending.self, from: line)
        }
        state.withLock { $0.ending = ending }
        return ending
    }

    // MARK: Asking

    private func ask<Result: Decodable & Sendable>(
        _ action: String, _ values: [String: any Sendable]
    ) async throws -> Result {
        try await Self.blocking { [self] in
            try JSONDecoder().decode(Granted<Result>.self, from: try exchange(action, values)).result
        }
    }

    /// One request and its answer; requests of several tasks follow each other.
    private func exchange(_ action: String, _ values: [String: any Sendable]) throws -> Data {
        try state.withLock { state in
            guard state.ending == nil else { throw BrinkFailure("the session has ended") }
            state.number += 1
            var request: [String: Any] = values
            request["id"] = state.number
            request["do"] = action
            let text: Data = try JSONSerialization.data(withJSONObject: request) + [UInt8(ascii: "\n")]
            do {
                try child.input.write(text)
            } catch {
                throw BrinkFailure("\(error): \(child.errors.text)")
            }
            while let data = try child.answers.next() {
                let line = try JSONDecoder().decode(Line.self, from: data)
                if line.id == state.number {
                    if let error = line.error { throw BrinkFailure(error) }
                    return data
                }
                if line.event == "ended" { throw BrinkFailure("the session has ended: \(child.errors.text)") }
            }
            throw BrinkFailure("brink has ended: \(child.errors.text)")
        }
    }

    /// Off Swift's own threads, which nothing may block.
    private static func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
    {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try body() }) }.start()
        }
    }
}
