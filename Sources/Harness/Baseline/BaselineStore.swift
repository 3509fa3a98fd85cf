import Baselines
import Foundation
import Journal
import LinuxSystem

/// Where baselines are kept: one file each, in a folder of the state folder that only its owner may enter.
public struct BaselineStore: Sendable {
    private let folder: String

    public init(_ settings: Settings) {
        folder = "\(settings.stateFolder.path)/baselines"
    }

    /// Keeps a baseline under its name, in the place of an older one.
    /// - Parameter path: a file of one's own choice; nil for the store's.
    /// - Returns: where it is.
    @discardableResult
    public func save(_ baseline: Baseline, at path: String? = nil) throws -> String {
        let file: String
        if let path {
            file = path
        } else {
            try Self.check(baseline.name)
            do throws(SystemError) { try SystemFile.makeFolders(folder, mode: 0o700) } catch {
                throw HarnessError(.preflight, "\(error)")
            }
            file = self.path(of: baseline.name)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes = Array(try encoder.encode(baseline)) + [UInt8(ascii: "\n")]
        do throws(SystemError) { try SystemFile.replace(file, bytes) } catch {
            throw HarnessError(.preflight, "\(error)")
        }
        return file
    }

    /// - Parameter reference: a name in the store, or a file.
    /// - Throws: with exit 64 when there is none, or it cannot be read as a baseline.
    public func load(_ reference: String) throws(HarnessError) -> Baseline {
        let isFile = reference.contains("/") || reference.hasSuffix(".json")
        if !isFile { try Self.check(reference) }
        let file = isFile ? reference : path(of: reference)
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try SystemFile.read(file)
        } catch {
            let known = try names().joined(separator: ", ")
            throw HarnessError(
                .usage,
                "there is no baseline \(reference): \(error); "
                    + (known.isEmpty ? "save one with `brink baseline save NAME`" : "there are \(known)"))
        }
        do {
            let version = try JSONDecoder().decode(FormatVersion.self, from: Data(bytes))
            guard version.format <= Baseline.currentFormat else {
                throw HarnessError(
                    .usage,
                    "\(file) has format \(version.format), of a later Brink; this one knows \(Baseline.currentFormat)")
            }
            return try JSONDecoder().decode(Baseline.self, from: Data(bytes))
        } catch let error as HarnessError {
            throw error
        } catch {
            throw HarnessError(.usage, "\(file) is no baseline: \(error)")
        }
    }

    /// The names that are kept, in order.
    public func names() throws(HarnessError) -> [String] {
        guard SystemFile.exists(folder) else { return [] }
        do throws(SystemError) {
            return try SystemFile.entries(of: folder).filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
                .sorted()
        } catch {
            throw HarnessError(.preflight, "\(error)")
        }
    }

    /// A name becomes a file's: letters, digits, dots, dashes and underscores.
    /// - Throws: with exit 64.
    public static func check(_ name: String) throws(HarnessError) {
        let isPlain = name.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || [45, 46, 95].contains($0)
        }
        guard isPlain, (1...64).contains(name.utf8.count), !name.hasPrefix("."), !name.hasSuffix(".json") else {
            throw HarnessError(
                .usage,
                "\"\(name)\" is no name for a baseline: up to 64 letters, digits, dots, dashes and underscores, "
                    + "not beginning with a dot")
        }
    }

    private struct FormatVersion: Decodable { let format: Int }

    private func path(of name: String) -> String { "\(folder)/\(name).json" }
}
