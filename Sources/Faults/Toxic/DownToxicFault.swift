import Engine
import Journal
import Scenarios
import ToxicProxy

/// Takes a link down: connections are cut and new ones refused.
public struct DownToxicFault: FaultKind {
    public static let schema = FaultSchema(
        name: "toxic.down", summary: "Cuts the link's connections and refuses new ones.",
        targets: [.link], parameters: [], requirements: [], verifiedBy: "the link no longer listens",
        undoneBy: "listening again on the same address")

    private let link: TCPProxy

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        link = try target.requireLink(for: specification.name)
    }

    public func plan() async throws -> [Change] {
        [
            Change(
                subject: "link \(await link.listen) → \(await link.upstream)", prior: "up", value: "down",
                undo: .inProcess { [link] in
                    do {
                        try await link.start()
                        return .restored
                    } catch {
                        return .failed("\(error)")
                    }
                }
            ) { [link] in
                await link.stop()
            }
        ]
    }

    public func observe() async throws -> Observation {
        var observation = link.observation(of: "")
        observation["listening"] = await link.isListening ? 1 : 0
        return observation
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["listening"] == 0 else { return .notYet("the link still listens") }
        let cut = (now["cut"] ?? 0) - (before["cut"] ?? 0)
        return .seen("the link refuses connections; \(Int(cut)) were cut")
    }
}
