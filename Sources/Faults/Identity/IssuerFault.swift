import Engine
import IssuerClient
import IssuerControl
import Journal
import Scenarios
import Synchronization

/// A fault that is a setting of an issuer: what all of them have in common.
protocol IssuerFault: FaultKind {
    var applied: AppliedIssuerSetting { get }
}

extension IssuerFault {
    public func plan() async throws -> [Change] { [applied.planned] }

    public func observe() async throws -> Observation { try await applied.observe() }
}

extension FaultSchema {
    /// The requirement of all faults on an issuer.
    static let ownIssuer = ["an issuer that the scenario starts"]
}

/// A setting of an issuer that a fault changes. It lives in the issuer's memory, which ends with the run, and so needs
/// no journal.
struct AppliedIssuerSetting: Sendable {
    let issuer: IssuerClient
    /// What is changed, in words.
    let subject: String
    let value: String
    let change: IssuerChange
    /// Gives the setting its usual value back.
    let restoration: IssuerChange

    /// Part of every observation; the rest is what the key set looks like.
    private enum Figure {
        static let inForce = "inForce"
        static let requests = "requests"
        static let tokens = "tokens"
    }

    /// Looks at the setting only when it is applied: another fault may hold it until then.
    var planned: Change {
        let mark = MadeMark()
        return Change(
            subject: "\(subject) of the issuer at \(issuer.address)", prior: "as usual", value: value,
            undo: .inProcess { mark.isMade ? await self.restore() : .alreadyRestored }
        ) {
            guard isUsual(try await issuer.reading().settings) else {
                throw FaultError("\(subject) of the issuer at \(issuer.address) is changed already: not touched")
            }
            mark.make()
            let now = try await issuer.change(change)
            guard isInForce(now.settings) else {
                throw FaultError("the issuer at \(issuer.address) took \(value) and does not show it")
            }
        }
    }

    private func restore() async -> UndoOutcome {
        do {
            let settings = try await issuer.reading().settings
            if isUsual(settings) { return .alreadyRestored }
            guard isInForce(settings) else { return .conflict("\(subject) was changed by someone else") }
            let now = try await issuer.change(restoration).settings
            return isUsual(now) ? .restored : .failed("the issuer still has \(value)")
        } catch let failure as IssuerClient.Failure {
            return .failed("\(failure)")
        } catch {
            // Nobody answers: its settings ended with it, or will when the run ends its process.
            return .targetGone("the issuer at \(issuer.address) does not answer: \(error)")
        }
    }

    private func isInForce(_ settings: IssuerSettings) -> Bool { shows(change, settings) }

    private func isUsual(_ settings: IssuerSettings) -> Bool { shows(restoration, settings) }

    private func shows(_ change: IssuerChange, _ settings: IssuerSettings) -> Bool {
        (change.keySet.map { $0 == settings.keySet } ?? true)
            && (change.rotation.map { $0 == settings.rotation } ?? true)
            && (change.collides.map { $0 == settings.collides } ?? true)
            && (change.clockSkew.map { $0 == settings.clockSkew } ?? true)
            && (change.longestLife.map { $0 == settings.longestLife ?? 0 } ?? true)
    }

    /// The issuer's own counters, and whether it says that the setting is in force.
    func observe() async throws -> Observation {
        let reading = try await issuer.reading()
        return [
            Figure.inForce: isInForce(reading.settings) ? 1 : 0,
            Figure.requests: Double(reading.keySetRequests), Figure.tokens: Double(reading.tokens),
        ]
    }
}

/// Whether a change was begun: what was refused before has nothing to take back.
final class MadeMark: Sendable {
    private let made = Atomic(false)

    var isMade: Bool { made.load(ordering: .acquiring) }

    func make() { made.store(true, ordering: .releasing) }
}

extension Observation {
    /// Requests for the key set since a fault began, in words.
    func keySetRequests(since before: Observation) -> String {
        "\(growth(of: "requests", since: before)) requests for it by services since"
    }
}
