import Engine
import IssuerClient
import IssuerControl
import Scenarios

/// A fault that changes how an issuer answers who asks for its key set. Brink asks as a service does to see it.
protocol KeySetFault: IssuerFault {}

extension KeySetFault {
    static func setting(
        _ answer: KeySetAnswer, of issuer: IssuerClient, _ words: String
    ) -> AppliedIssuerSetting {
        AppliedIssuerSetting(
            issuer: issuer, subject: "the key set", value: words, change: IssuerChange(keySet: answer),
            restoration: IssuerChange(keySet: .ok))
    }

    /// What Brink itself is given, as figures.
    public func observe() async throws -> Observation {
        var figures = try await applied.observe()
        // Before the fault is in force there is nothing to see, and a look may count against a limit.
        guard figures["inForce"] == 1 else { return figures }
        let look = await applied.issuer.lookAtKeySet()
        figures["status"] = look.status.map(Double.init) ?? 0
        figures["broken"] = look.failure == nil ? 0 : 1
        figures["keys"] = look.keys.map { Double($0.count) } ?? -1
        figures["isPage"] = look.type.hasPrefix("text/html") ? 1 : 0
        figures["bytes"] = Double(look.bytes)
        figures["seconds"] = look.took.inSeconds
        return figures
    }
}
