import Foundation

/// Tells what an answer to a profile's request means.
///
/// What became of a write that was answered with an error is unknown: a profile says nothing of when its service stores.
struct ProfiledAnswer: Sendable {
    /// Classes of errors, by a text that the message has.
    let errors: [String: String]

    func judge(status: Int, body: Data, _ request: ProfiledRequest) -> (RequestOutcome, WriteOutcome) {
        let answer = try? JSONSerialization.jsonObject(with: body, options: .fragmentsAllowed)
        if let problem = ((answer as? [String: Any])?["errors"] as? [Any])?.first {
            let message = (problem as? [String: Any])?["message"] as? String ?? "\(problem)"
            return (.failure(errorClass(of: message) ?? .graphql, detail: message), .unknown)
        }
        guard (200..<300).contains(status) else {
            let text = String(decoding: body.prefix(500), as: UTF8.self)
            return (.failure(errorClass(of: text) ?? .http, detail: "status \(status)"), .unknown)
        }
        guard let answer else { return (.failure(.wrongAnswer, detail: "the answer is no JSON"), .unknown) }
        let path = request.answer.joined(separator: ".")
        guard let value = Self.value(at: request.answer, in: answer) else {
            return (.failure(.wrongAnswer, detail: "the answer has no \(path)"), .unknown)
        }
        if let expected = request.expected, Self.text(of: value) != expected {
            return (.failure(.wrongAnswer, detail: "\(path) is not the one that was asked for"), .unknown)
        }
        return (.success, .acked)
    }

    private func errorClass(of message: String) -> RequestOutcome.ErrorClass? {
        errors.sorted { $0.key < $1.key }.first { message.contains($0.value) }
            .flatMap { RequestOutcome.ErrorClass(rawValue: $0.key) }
    }

    private static func value(at path: [String], in answer: Any) -> Any? {
        var value = answer
        for key in path {
            if let fields = value as? [String: Any], let next = fields[key] {
                value = next
            } else if let items = value as? [Any], let index = Int(key), items.indices.contains(index) {
                value = items[index]
            } else {
                return nil
            }
        }
        return value is NSNull ? nil : value
    }

    private static func text(of value: Any) -> String { "\(value)" }
}
