import Events
import Faults
import Foundation
import Harness
import LinuxSystem
import Scenarios
import Synchronization

/// Takes requests from stdin, a JSON object a line, and answers each on stdout with a line that has its `id`.
///
/// The first line that it writes is `{"event": "ready", …}`, the last `{"event": "ended", …}` with the verdict.
final class AttachConversation: Sendable {
    private let scenario: Scenario
    /// The id of the request to finish, which the end answers.
    private let finishing = Mutex<Int?>(nil)

    /// How long a fault may take to be seen before the client is told that it was not, unless it says.
    private static let patience = Duration.seconds(20)

    init(scenario: Scenario) {
        self.scenario = scenario
    }

    private struct Request: Decodable {
        var id: Int
        var action: String
        var fault: Fault?
        var within: String?
        var over: String?
        var names: [String]?

        enum CodingKeys: String, CodingKey {
            case id, fault, within, over, names
            case action = "do"
        }

        /// A fault's name, or the whole of one as the bytes that they were.
        enum Fault: Decodable {
            case name(String)
            case whole

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                self = (try? container.decode(String.self)).map(Fault.name) ?? .whole
            }
        }
    }

    /// What a request could not be granted for.
    private struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    private struct Answer<Result: Encodable>: Encodable {
        var id: Int
        var result: Result
    }

    private struct Failure: Encodable {
        var id: Int?
        var error: String
    }

    private struct Ready: Encodable {
        var event = "ready"
        var folder: String
        var services: [String: AttachControl.Place]
    }

    private struct Ended: Encodable {
        var event = "ended"
        var id: Int?
        var verdict: String
        var reason: String
        var exitCode: Int32
        var folder: String
        var ledger: Writes?
    }

    /// What became of the load's writes, once all were read back.
    private struct Writes: Encodable {
        var sent: Int
        var acknowledged: Int
        var failed: Int
        var unknown: Int
        var lost: Int
        var phantom: Int

        init(_ count: LedgerCount) {
            (sent, acknowledged, failed) = (count.sent, count.acked, count.failed)
            (unknown, lost, phantom) = (count.unknown, count.lost, count.phantom)
        }
    }

    // MARK: Course

    /// Talks until the client has finished, its end is closed, or the session must stop.
    func hold(_ control: AttachControl) async {
        write(Ready(folder: control.folder, services: await control.services()))
        let (lines, continuation) = AsyncStream<String>.makeStream()
        // A read that blocks has a thread of its own; at the process's end it goes with it.
        Thread {
            while let line = readLine() { continuation.yield(line) }
            continuation.finish()
        }.start()
        await control.whenStopping { _ in continuation.finish() }
        for await line in lines where !line.allSatisfy(\.isWhitespace) {
            guard await take(line, control) else { return }
        }
    }

    /// - Parameter ledger: nil where no writes could be accounted for.
    func end(_ outcome: AttachSession.Outcome, ledger: LedgerCount?) {
        write(
            Ended(
                id: finishing.withLock { $0 }, verdict: outcome.verdict.rawValue, reason: outcome.reason,
                exitCode: outcome.exitCode.rawValue, folder: outcome.folder, ledger: ledger.map(Writes.init)))
    }

    /// The session could not begin.
    func fail(_ reason: String) { write(Failure(id: nil, error: reason)) }

    /// - Returns: whether to go on.
    private func take(_ line: String, _ control: AttachControl) async -> Bool {
        let request: Request
        do {
            request = try JSONDecoder().decode(Request.self, from: Data(line.utf8))
        } catch {
            write(Failure(id: nil, error: "not a request, a JSON object with `id` and `do`: \(line.prefix(200))"))
            return true
        }
        do {
            switch request.action {
            case "inject": try await inject(request, line, control)
            case "undo":
                guard case .name(let id)? = request.fault else { throw Refusal(description: "`fault` names the fault") }
                try await control.undo(id)
                answer(request, ["fault": id])
            case "recover":
                let seconds = try await control.awaitSteadyState(within: try time(request.within, or: .seconds(30)))
                answer(request, ["recovered": seconds])
            case "metrics":
                let names = request.names ?? []
                answer(request, await control.metrics(names, over: try time(request.over, or: .seconds(5))))
            case "writes":
                let writes = await control.writes()
                answer(request, ["sent": writes.sent, "acknowledged": writes.acknowledged])
            case "services": answer(request, await control.services())
            case "finish":
                finishing.withLock { $0 = request.id }
                return false
            default:
                throw Refusal(
                    description: "\"\(request.action)\" is none of inject, undo, recover, metrics, writes, services, "
                        + "finish")
            }
        } catch {
            write(Failure(id: request.id, error: "\(error)"))
        }
        return true
    }

    private func inject(_ request: Request, _ line: String, _ control: AttachControl) async throws {
        // As it was written, so that the scenario's own reader says what is wrong with it.
        guard case .whole? = request.fault,
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
            let fault = object["fault"]
        else { throw Refusal(description: "`fault` is one as in a scenario, without `at`") }
        let text = String(decoding: try JSONSerialization.data(withJSONObject: fault), as: UTF8.self)
        let specification: FaultSpecification
        do {
            specification = try ScenarioReader.readFault(
                text, file: "fault", of: scenario, faults: FaultRegistry.schemas)
        } catch {
            throw Refusal(description: error.diagnostics.map(\.message).joined(separator: "; "))
        }
        let patience = try time(request.within, or: AttachConversation.patience)
        let evidence = try await control.inject(specification, within: patience)
        answer(request, ["fault": specification.id, "evidence": evidence])
    }

    private func time(_ text: String?, or fallback: Duration) throws -> Duration {
        guard let text else { return fallback }
        guard case .duration(let time)? = Quantity(text) else {
            throw Refusal(description: "\"\(text)\" is no time such as 30s")
        }
        return time
    }

    // MARK: Writing

    private func answer(_ request: Request, _ result: some Encodable) { write(Answer(id: request.id, result: result)) }

    private func write(_ value: some Encodable) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line: Data
        do { line = try encoder.encode(value) } catch {
            Console.progress("brink: an answer could not be written: \(error)")
            return
        }
        // A client that is gone will close stdin too, which ends the session.
        try? FileHandle.standardOutput.write(contentsOf: line + [UInt8(ascii: "\n")])
    }
}
