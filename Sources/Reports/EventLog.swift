import Events
import Foundation

/// The events of a run as they are read back from `events.jsonl`.
public struct EventLog: Sendable {
    public let events: [RunEvent]
    /// What could not be read, each with its line number.
    public let warnings: [String]

    /// Reads the events of a run, leaving out what cannot be read; `load` also tells what that was.
    ///
    /// - Throws: `ReportError` when the file cannot be read at all.
    public static func read(_ path: String) throws -> [RunEvent] {
        try load(path).events
    }

    /// Reads the events of a run with warnings about what could not be read.
    ///
    /// - Throws: `ReportError` when the file cannot be read at all.
    public static func load(_ path: String) throws -> EventLog {
        do {
            return EventLog(parsing: try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe))
        } catch {
            throw ReportError(path: path, doing: "read", reason: "\(error.localizedDescription)")
        }
    }

    /// Adds what was found out about a run after it had ended.
    ///
    /// - Throws: `ReportError` when the file cannot be written.
    public static func append(_ events: [RunEvent], to path: String) throws {
        guard !events.isEmpty else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.seekToEnd()
            for event in events { try file.write(contentsOf: try encoder.encode(event) + Data("\n".utf8)) }
            try file.close()
        } catch {
            throw ReportError(path: path, doing: "write", reason: "\(error.localizedDescription)")
        }
    }

    /// Parses the content of an events file.
    public init(parsing data: Data) {
        let decoder = JSONDecoder()
        var reader = SampleLineReader()
        let lines = EventLog.lines(of: data)
        var events: [RunEvent] = []
        var warnings: [String] = []
        for (index, line) in lines.enumerated() where !line.isEmpty {
            if let sample = line.withUnsafeBytes({ reader.event(of: $0) }) {
                events.append(sample)
                continue
            }
            do {
                events.append(try decoder.decode(RunEvent.self, from: line))
            } catch {
                // Without its newline, the last line was being written when the harness died: expected, not corruption.
                let isTorn = index == lines.count - 1
                warnings.append(
                    isTorn
                        ? "line \(index + 1) is incomplete: the run ended while it was being written"
                        : "line \(index + 1) is not an event: \(EventLog.explain(error))")
            }
        }
        self.events = events
        self.warnings = warnings
    }

    /// The lines without their line feeds; the last is what comes after the last line feed.
    private static func lines(of data: Data) -> [Data] {
        var lines: [Data] = []
        var start = data.startIndex
        // The search of the C library, since an hour of events is 60 MB.
        data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
            guard let base = bytes.baseAddress else { return }
            var offset = 0
            while offset < bytes.count,
                let found = memchr(base + offset, Int32(UInt8(ascii: "\n")), bytes.count - offset)
            {
                let end = UnsafeRawPointer(found) - base
                lines.append(data[start..<(data.startIndex + end)])
                offset = end + 1
                start = data.startIndex + offset
            }
        }
        lines.append(data[start...])
        return lines
    }

    private static func explain(_ error: any Error) -> String {
        guard let decoding = error as? DecodingError else { return "\(error)" }
        func at(_ path: [any CodingKey]) -> String {
            path.isEmpty ? "" : " at \(path.map(\.stringValue).joined(separator: "."))"
        }
        return switch decoding {
        case .keyNotFound(let key, let context): "\"\(key.stringValue)\" is missing\(at(context.codingPath))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context): "wrong type\(at(context.codingPath))"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty ? "no valid JSON" : "unknown value\(at(context.codingPath))"
        @unknown default: "\(decoding)"
        }
    }
}
