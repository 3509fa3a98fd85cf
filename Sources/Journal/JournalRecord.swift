import LinuxSystem

/// One line of a journal. What a run did to the host can be undone from these alone.
public enum JournalRecord: Hashable, Sendable {
    /// First record: whose run it is.
    case opened(run: String, harness: ProcessIdentity)
    /// About to make a change; on disk before the change is made.
    case intent(Int, owner: String, UndoAction)
    /// The change was made and read back.
    case applied(Int)
    /// About to move the change to another value: from here on it is undone so.
    case amended(Int, UndoAction)
    /// The change was taken back, or could not be.
    case undone(Int, UndoOutcome)
    /// Everything is undone and was read back; nothing follows.
    case closed

    /// The record as one line with its checksum, newline included.
    public var line: [UInt8] {
        var fields = FieldWriter()
        switch self {
        case .opened(let run, let harness):
            fields.put("opened")
            fields.put(run)
            fields.put(harness)
        case .intent(let sequence, let owner, let undo):
            fields.put("intent")
            fields.put(sequence)
            fields.put(owner)
            undo.write(to: &fields)
        case .applied(let sequence):
            fields.put("applied")
            fields.put(sequence)
        case .amended(let sequence, let undo):
            fields.put("amended")
            fields.put(sequence)
            undo.write(to: &fields)
        case .undone(let sequence, let outcome):
            fields.put("undone")
            fields.put(sequence)
            fields.put(outcome.code)
            fields.put(outcome.detail)
        case .closed:
            fields.put("closed")
        }
        let body = Array(fields.text.utf8)
        return Array("\(String(Checksum.crc32(body), radix: 16))\t".utf8) + body + [UInt8(ascii: "\n")]
    }

    /// Parses one line without its newline.
    /// - Returns: nil when the checksum does not match, as in a line torn by a crash.
    public static func parse(_ line: some Collection<UInt8>) throws(JournalError) -> JournalRecord? {
        guard let tab = line.firstIndex(of: UInt8(ascii: "\t")),
            let sum = UInt32(String(decoding: line[..<tab], as: UTF8.self), radix: 16)
        else { return nil }
        let body = Array(line[line.index(after: tab)...])
        guard Checksum.crc32(body) == sum else { return nil }
        var fields = FieldReader(String(decoding: body, as: UTF8.self))
        let kind = try fields.string()
        switch kind {
        case "opened": return .opened(run: try fields.string(), harness: try fields.process())
        case "intent":
            let sequence = try fields.number(Int.self)
            let owner = try fields.string()
            return .intent(sequence, owner: owner, try UndoAction(from: &fields))
        case "applied": return .applied(try fields.number())
        case "amended":
            let sequence = try fields.number(Int.self)
            return .amended(sequence, try UndoAction(from: &fields))
        case "undone":
            let sequence = try fields.number(Int.self)
            let code = try fields.string()
            guard let outcome = UndoOutcome(code: code, detail: try fields.string()) else {
                throw .malformedRecord("unknown outcome \"\(code)\"")
            }
            return .undone(sequence, outcome)
        case "closed": return .closed
        default: throw .malformedRecord("unknown kind \"\(kind)\"")
        }
    }
}

/// CRC-32 (ISO 3309), which finds a torn or flipped line.
enum Checksum {
    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0xffff_ffff
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = (sum >> 1) ^ (sum & 1 == 1 ? 0xedb8_8320 : 0) }
        }
        return ~sum
    }
}
