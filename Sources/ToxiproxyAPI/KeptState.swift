import Foundation
import LinuxSystem

/// The file in which a server keeps its proxies and toxics across restarts, in the configuration's format.
struct KeptState: Sendable {
    let path: String

    /// Nil when there is none yet.
    func read() throws -> [ProxyRequest]? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try JSONBody.decode(Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// In one step, readable by its owner only.
    func write(_ proxies: [ProxyDescription]) throws {
        try SystemFile.replace(path, Array(JSONBody.encode(proxies)))
    }
}
