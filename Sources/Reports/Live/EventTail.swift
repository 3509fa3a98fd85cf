import Events
import Foundation

/// Reads an events file that may still grow.
public struct EventTail {
    private let handle: FileHandle
    private var rest = Data()
    private let decoder = JSONDecoder()
    private var samples = SampleLineReader()

    /// - Throws: when the file cannot be opened.
    public init(_ path: String) throws {
        do {
            handle = try FileHandle(forReadingFrom: URL(filePath: path))
        } catch {
            throw ReportError(path: path, doing: "read", reason: error.localizedDescription)
        }
    }

    /// What has been written since the last call: whole lines, each with its event. A line that is no event is left out, as
    /// the report does it.
    public mutating func read() throws -> [(line: String, event: RunEvent)] {
        guard let data = try handle.readToEnd(), !data.isEmpty else { return [] }
        rest += data
        var events: [(String, RunEvent)] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = Data(rest[..<end])
            rest = Data(rest[(end + 1)...])
            let sample = line.withUnsafeBytes { samples.event(of: $0) }
            guard let event = sample ?? (try? decoder.decode(RunEvent.self, from: line)) else { continue }
            events.append((String(decoding: line, as: UTF8.self), event))
        }
        return events
    }
}
