import Engine
import Journal
import LinuxSystem
import Postgres

/// One line of a pooler's configuration, changed in its file and read by RELOAD.
struct PoolerSetting: Sendable {
    let pooler: PoolerAccess
    let name: String
    let value: String

    func plan() throws -> [Change] {
        let path = pooler.configuration
        let prior = try SystemFile.read(path)
        let file = try SystemFile.owner(of: path)
        let owner = SpawnRequest.Owner(user: file.user, group: file.group)
        let mode = try SystemFile.mode(of: path)
        let text = String(decoding: prior, as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let index = lines.firstIndex(where: { $0.hasPrefix("\(name) = ") }) else {
            throw FaultError("\(path) has no line for \(name)")
        }
        var changed = lines
        changed[index] = "\(name) = \(value)"
        guard changed != lines else { throw FaultError("\(name) is \(value) already: that is no fault") }
        let injected = Array(changed.joined(separator: "\n").utf8)
        return [
            Change(
                subject: path, prior: lines[index], value: changed[index],
                undo: .inProcess { [pooler] in
                    do {
                        let current = try SystemFile.read(path)
                        guard current == injected || current == prior else {
                            return .conflict("\(path) holds neither the injected nor the prior bytes: left alone")
                        }
                        try SystemFile.replace(path, prior, mode: mode, owner: owner)
                    } catch {
                        return .failed("\(error)")
                    }
                    do {
                        try await pooler.tell("RELOAD")
                        return .restored
                    } catch {
                        guard await pooler.hasEnded() else { return .failed("\(error)") }
                        return .targetGone("the pooler has ended")
                    }
                }
            ) { [pooler] in
                try SystemFile.replace(path, injected, mode: mode, owner: owner)
                try await pooler.tell("RELOAD")
            }
        ]
    }

    /// Whether the setting is in force, besides sums over the pools.
    func observe() async -> Observation {
        guard let current = try? await pooler.setting(name),
            var figures = try? await pooler.pools(["cl_active", "cl_waiting", "sv_active", "sv_idle", "sv_used"])
        else { return [:] }
        figures["set"] = current == value ? 1 : 0
        return figures
    }
}
