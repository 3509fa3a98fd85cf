import Foundation
import LinuxSystem
import Postgres

/// The machine and the programs that a baseline was measured on.
enum BaselineFacts {
    /// What a collection ran on; the time stolen from the machine meanwhile as well.
    /// - Parameters:
    ///   - before: a reading from its beginning.
    ///   - database: asked for its version.
    static func read(
        since before: ProcessorTimes?, version: String, database: String, cgroupRoot: String
    ) async throws -> [String: String] {
        var facts = HostFacts.read(weaknesses: [], cgroupRoot: cgroupRoot)
        facts["brink"] = version
        // They are of one package.
        facts["bookshop"] = version
        if let before, let now = ProcessorTimes.read() { facts["steal"] = now.stolenText(since: before) }
        let session = try await PostgresSession.connect(database)
        defer { session.close() }
        // Without the name of who packaged it.
        let server = try await session.query("SHOW server_version")[0, 0]?.split(separator: " ").first
        if let server { facts["postgresql"] = String(server) }
        return facts
    }
}
