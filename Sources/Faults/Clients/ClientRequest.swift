import Engine
import Scenarios

/// The one request that clients of a fault send: GET, or POST of JSON when it has a body.
struct ClientRequest: Sendable {
    let path: String
    let body: String?

    static let parameters = [
        ParameterSchema("path", .text, default: "/", "What is asked for, with its query."),
        ParameterSchema("body", .text, "JSON; with it the request is a POST."),
        ParameterSchema("port", .integer(1...65_535), "Where the target listens, if on several ports."),
    ]

    init(_ parameters: Parameters, for fault: String) throws(FaultError) {
        path = parameters.text("path") ?? "/"
        body = parameters.text("body")
        // Anything else would end the request line and begin another header.
        guard path.hasPrefix("/"), path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw FaultError("\(fault): `path` begins with / and has no blanks: \(path)")
        }
    }

    var isPost: Bool { body != nil }

    /// A whole request.
    var bytes: [UInt8] { Array((head(bodyLength: body?.utf8.count) + (body ?? "")).utf8) }

    /// The request line and the headers that each request has, without the end of the head.
    var opening: String {
        let kind = isPost ? "Content-Type: application/json\r\n" : ""
        return "\(isPost ? "POST" : "GET") \(path) HTTP/1.1\r\nHost: localhost\r\n\(kind)"
    }

    /// - Parameter bodyLength: in bytes; nil for a request without a body.
    func head(bodyLength: Int?) -> String {
        guard let bodyLength else { return opening + "\r\n" }
        let post = opening.hasPrefix("GET") ? "POST" + opening.dropFirst(3) : opening
        return "\(post)Content-Length: \(bodyLength)\r\n\r\n"
    }
}
