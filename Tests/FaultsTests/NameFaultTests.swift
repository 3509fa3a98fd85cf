import Engine
@testable import Faults
import Testing

/// Questions to a name server, and names.
@Suite struct NameFaultTests {
    /// A question for an address, with EDNS after it.
    private func question(_ name: String, number: [UInt8] = [0xab, 0xcd]) -> [UInt8] {
        var bytes: [UInt8] = number + [0x01, 0x20, 0, 1, 0, 0, 0, 0, 0, 1]
        for label in name.split(separator: ".") { bytes += [UInt8(label.utf8.count)] + Array(label.utf8) }
        return bytes + [0, 0, 1, 0, 1] + [0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0]
    }

    @Test func aQuestionIsReadWhateverTheCase() throws {
        let query = try #require(DNSQuery(question("Db.EXAMPLE.org")))
        #expect(query.name == "db.example.org")
    }

    @Test func aFailureRepeatsTheQuestionAndNothingElse() throws {
        let query = try #require(DNSQuery(question("db.example.org")))
        let answer = query.answer(.noSuchName)
        #expect(answer[0...1] == [0xab, 0xcd])
        // An answer (QR), recursion desired as asked, available, NXDOMAIN.
        #expect(answer[2] == 0x81)
        #expect(answer[3] == 0x83)
        #expect(Array(answer[4..<12]) == [0, 1, 0, 0, 0, 0, 0, 0])
        #expect(Array(answer[12...]) == Array(question("db.example.org")[12..<32]))
    }

    @Test func whatIsNoQuestionIsLeftAlone() {
        let whole = question("db.example.org")
        // Cut anywhere before the end of its question.
        for count in 0..<32 { #expect(DNSQuery(Array(whole[..<count])) == nil) }
        #expect(DNSQuery(Array(whole[..<32])) != nil)
        var answer = whole
        answer[2] |= 0x80
        #expect(DNSQuery(answer) == nil)
        // A name that is compressed, as none in a question is.
        var compressed = whole
        compressed[12] = 0xc0
        #expect(DNSQuery(compressed) == nil)
    }

    @Test func namesMatchWholeOrBelow() throws {
        let names = try #require(HostNames("db.internal, *.Example.org."))
        for name in ["db.internal", "a.example.org", "a.b.example.org"] { #expect(names.contains(name), "\(name)") }
        for name in ["internal", "xdb.internal", "example.org", "badexample.org", ".example.org", ""] {
            #expect(!names.contains(name), "\(name)")
        }
        for text in ["", ",", "a..b", "*", "*.", "a b/c", "-;x"] { #expect(HostNames(text) == nil, "\(text)") }
    }

    @Test func serversAreAddresses() {
        #expect(NameServer("10.0.0.1")?.bytes == [10, 0, 0, 1])
        #expect(NameServer("::1")?.isIPv6 == true)
        #expect(NameServer("dns.google") == nil)
        #expect(NameServer("10.0.0.1; flush ruleset") == nil)
    }
}
