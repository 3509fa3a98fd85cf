import Foundation
import SeededRandom
import Scenarios

/// A request of a profile with its placeholders filled, ready to be sent.
struct ProfiledRequest: Sendable {
    let method: String
    /// Of its URL, from the slash on.
    let path: String
    /// JSON; nil for a request without a body.
    let body: Data?
    /// Of a write.
    let key: String?
    let answer: [String]
    /// What the value at the answer's path must be, as text.
    let expected: String?

    /// - Parameters:
    ///   - endpoint: path of GraphQL.
    ///   - key: that of the write.
    ///   - generator: draws the numbers, one for each range that the request names.
    init(
        _ request: TargetProfile.Request, endpoint: String, key: String, _ generator: inout SeededGenerator
    ) {
        var drawn: [ClosedRange<Int>: Int] = [:]
        for case .random(let range) in request.drawnParts where drawn[range] == nil {
            drawn[range] = Int.random(in: range, using: &generator)
        }
        let value = { (part: PlaceholderText.Part) -> String in
            switch part {
            case .literal(let text): text
            case .name: key
            case .random(let range): String(drawn[range] ?? range.lowerBound)
            }
        }
        let filled = FilledRequest(request.content, endpoint: endpoint, value)
        method = filled.method
        path = filled.path
        body = filled.body
        self.key = request.isWrite ? key : nil
        answer = request.answer
        expected = request.equals?.filled(value)
    }
}
