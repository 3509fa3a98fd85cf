/// An answer that says what was wrong with a request, in toxiproxy's words and with its status.
struct APIError: Error, Hashable, Codable {
    let error: String
    let status: Int

    static func badBody(_ detail: String) -> APIError { APIError(error: "bad request body: \(detail)", status: 400) }

    static func missing(_ field: String) -> APIError {
        APIError(error: "missing required field: \(field)", status: 400)
    }

    static let proxyNotFound = APIError(error: "proxy not found", status: 404)
    static let proxyExists = APIError(error: "proxy already exists", status: 409)
    static let toxicNotFound = APIError(error: "toxic not found", status: 404)
    static let toxicExists = APIError(error: "toxic already exists", status: 409)
    static let invalidType = APIError(error: "invalid toxic type", status: 400)
    static let invalidStream = APIError(
        error: "stream was invalid, can be either upstream or downstream", status: 400)

    static func failed(_ reason: String) -> APIError { APIError(error: reason, status: 500) }
}
