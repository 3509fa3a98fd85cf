import Hummingbird

extension Response {
    static func json(_ bytes: [UInt8], _ status: HTTPResponse.Status = .ok) -> Response {
        content(ByteBuffer(bytes: bytes), "application/json; charset=utf-8", status)
    }

    static func text(_ text: String, _ status: HTTPResponse.Status = .ok) -> Response {
        content(ByteBuffer(string: text), "text/plain; charset=utf-8", status)
    }

    static func content(_ buffer: ByteBuffer, _ type: String, _ status: HTTPResponse.Status = .ok) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = type
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: buffer))
    }
}
