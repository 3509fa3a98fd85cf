import Foundation
import IssuerControl

/// What goes back to who asks for the key set.
struct KeySetReply: Sendable {
    var status = 200
    var type = "application/json; charset=utf-8"
    var body = Data()
    /// Of the body, how much is sent before the connection breaks; nil sends all.
    var cutAfter: Int?
    var delay = Duration.zero
    var retryAfter: Int?
    var closes = false
    /// Whether it is what the issuer should give.
    var isRight = false

    /// Keys of nobody, more of them than any service should read. Made once: each request would wait for it.
    private static let filler: Data = {
        let keys = (0..<30_000).map { number in
            #"{"alg":"ES256","crv":"P-256","kid":"filler-\#(number)","kty":"EC","x":"AAAA","y":"AAAA"}"#
        }
        return Data(keys.joined(separator: ",").utf8)
    }()

    /// - Parameter keys: what is published, in JSON's terms.
    init(_ answer: KeySetAnswer, keys: [[String: String]], isLimited: Bool) throws {
        let document = try Self.document(keys)
        switch answer.mode {
        case .ok:
            body = document
            isRight = true
        case .down:
            status = 503
            type = "text/plain; charset=utf-8"
            body = Data("the key set is out of order\n".utf8)
            closes = true
        case .slow:
            body = document
            delay = .seconds(answer.delay ?? 0)
            isRight = true
        case .garbage:
            body = Data((0..<512).map { UInt8(truncatingIfNeeded: $0 &* 37 ^ 0x5A) })
        case .truncated:
            body = document
            cutAfter = document.count / 2
            closes = true
        case .html:
            type = "text/html; charset=utf-8"
            body = Data("<!doctype html><title>Sign in</title><p>Please sign in to the network.</p>\n".utf8)
        case .empty:
            body = try Self.document([])
        case .huge:
            // The real keys are in it: a service that reads all of it finds nothing wrong but its size.
            // `{"keys":[…` without its end.
            body = document.dropLast(2) + Data((keys.isEmpty ? "" : ",").utf8) + Self.filler + Data("]}".utf8)
        case .rateLimited:
            if isLimited {
                status = 429
                type = "text/plain; charset=utf-8"
                body = Data("too many requests\n".utf8)
                retryAfter = 1
            } else {
                body = document
                isRight = true
            }
        }
    }

    private static func document(_ keys: [[String: String]]) throws -> Data {
        try JSONSerialization.data(withJSONObject: ["keys": keys], options: [.sortedKeys, .withoutEscapingSlashes])
    }
}
