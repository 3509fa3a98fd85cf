import Engine
import Journal
import Scenarios

/// Damages what a service remembers of the tokens that it accepted.
public struct TokenCacheFault: FaultKind {
    public static let schema = FaultSchema(
        name: "token_cache.corrupt",
        summary:
            "Damages what a bookshop remembers of accepted tokens, from when it remembers them: their expiry lies a "
            + "day later, or what it remembers of one stands under another.",
        targets: [.tokenCache],
        parameters: [
            ParameterSchema("kind", .choice(["expiry", "swapped"]), default: "expiry", "What is damaged.")
        ],
        requirements: ["a bookshop of the scenario that checks tokens"],
        verifiedBy: "bookshop's own counter of entries that were damaged",
        undoneBy: "ending it and forgetting every damaged entry; it lies in the service's memory and ends with it")

    private let cache: TokenCacheAccess
    private let kind: String

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cache = try target.requireTokenCache(for: specification.name)
        kind = specification.parameters.text("kind") ?? "expiry"
    }

    public func plan() async throws -> [Change] {
        let mark = MadeMark()
        return [
            Change(
                subject: "the token cache of the bookshop at \(cache.address)", prior: "whole", value: kind,
                undo: .inProcess { mark.isMade ? await self.restore() : .alreadyRestored }
            ) { [cache, kind] in
                if let damage = try await cache.reading().damage {
                    throw FaultError("the token cache of \(cache.address) is damaged already (\(damage)): not touched")
                }
                mark.make()
                guard try await cache.damage(kind).damage == kind else {
                    throw FaultError("the bookshop at \(cache.address) did not damage its token cache")
                }
            }
        ]
    }

    private func restore() async -> UndoOutcome {
        do {
            switch try await cache.reading().damage {
            case nil: return .alreadyRestored
            case kind: break
            case let other?: return .conflict("it is damaged otherwise: \(other)")
            }
            return try await cache.damage(nil).damage == nil ? .restored : .failed("it is still damaged")
        } catch let error as FaultError {
            return .failed("\(error)")
        } catch {
            return .targetGone(
                "the bookshop at \(cache.address) does not answer, and its memory ends with it: \(error)")
        }
    }

    public func observe() async throws -> Observation {
        let reading = try await cache.reading()
        return ["damaged": Double(reading.damaged), "found": Double(reading.found)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let damaged = now.growth(of: "damaged", since: before)
        guard damaged > 0 else { return .notYet("no token was remembered since") }
        return .seen(
            "\(damaged) remembered tokens damaged; the service noticed \(now.growth(of: "found", since: before))")
    }
}
