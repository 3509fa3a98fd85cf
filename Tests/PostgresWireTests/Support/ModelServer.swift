/// As much of a PostgreSQL server as shows whether it and its client stay in step: transactions, portals, and the
/// discarding of messages after an error. What it "stores" are the texts that begin with insert.
struct ModelServer {
    private(set) var stored: [String] = []
    /// Texts it was asked to carry out.
    private(set) var log: [String] = []
    private var status: Character = "I"
    private var pending: [String] = []
    private var statements: [String: String] = [:]
    private var portals: [String: String] = [:]
    private var isDiscarding = false
    private var hasFailed = false

    mutating func answer(_ bytes: [UInt8]) -> [UInt8] {
        var rest = bytes[...]
        var answer: [UInt8] = []
        while rest.count >= 5 {
            let length = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) } + 1
            answer += carryOut(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return answer
    }

    private mutating func carryOut(_ message: ArraySlice<UInt8>) -> [UInt8] {
        let type = Character(Unicode.Scalar(message.first ?? 0))
        let fields = message.dropFirst(5).split(separator: 0, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        if isDiscarding, type != "S" { return [] }
        switch type {
        case "Q": return query(fields[0])
        case "P":
            if status == "E", !ModelServer.leaves(fields[1]) { return fail("25P02", inBatch: true) }
            statements[fields[0]] = fields[1]
            return Backend.parseComplete
        case "B":
            portals[fields[0]] = statements[fields[1]]
            return Backend.bindComplete
        case "D": return Backend.noData
        case "C":
            statements[String(fields[0].dropFirst())] = nil
            return Backend.closeComplete
        case "E":
            guard let text = portals[fields[0]] else { return fail("34000", inBatch: true) }
            return run(text, inBatch: true)
        case "S":
            isDiscarding = false
            if status == "I" { commit() }
            return Backend.ready(status)
        default: return []
        }
    }

    private mutating func query(_ text: String) -> [UInt8] {
        var answer: [UInt8] = []
        hasFailed = false
        for statement in text.split(separator: ";").map({ $0.drop { $0 == " " } }) where !hasFailed {
            answer += run(String(statement), inBatch: false)
        }
        if status == "I" { commit() }
        return answer + Backend.ready(status)
    }

    private static func leaves(_ text: String) -> Bool { ["commit", "rollback"].contains(text.lowercased()) }

    private mutating func run(_ text: String, inBatch: Bool) -> [UInt8] {
        log.append(text)
        if status == "E", !ModelServer.leaves(text) { return fail("25P02", inBatch: inBatch) }
        switch text.lowercased() {
        case "begin":
            status = "T"
            return Backend.complete("BEGIN")
        case "commit" where status != "E":
            commit()
            return Backend.complete("COMMIT")
        case "commit", "rollback":
            let notice = status == "I" ? Backend.notice("there is no transaction in progress") : []
            status = "I"
            pending = []
            portals = [:]
            return notice + Backend.complete("ROLLBACK")
        case _ where text.hasPrefix("insert"):
            pending.append(text)
            return Backend.complete("INSERT 0 1")
        case _ where text.hasPrefix("select"):
            return (inBatch ? [] : Backend.rowDescription) + Backend.row("1") + Backend.complete("SELECT 1")
        default: return fail("42601", inBatch: inBatch)
        }
    }

    private mutating func commit() {
        status = "I"
        stored += pending
        pending = []
        portals = [:]
    }

    private mutating func fail(_ sqlState: String, inBatch: Bool) -> [UInt8] {
        if status == "T" { status = "E" }
        pending = []
        isDiscarding = inBatch
        hasFailed = true
        return Backend.error(sqlState)
    }
}

extension Relay {
    /// Lets the client ask, the server answer, and says what the client sees.
    mutating func ask(_ bytes: [UInt8], _ server: inout ModelServer) -> [String] {
        client(bytes)
        self.server(server.answer(taken(.server)))
        return seen(.client)
    }
}
