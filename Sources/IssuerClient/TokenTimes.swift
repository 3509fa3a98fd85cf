import Foundation

/// The times in a token, read without a look at its signature; seconds of Unix time.
public struct TokenTimes: Decodable, Hashable, Sendable {
    public let issued: Double
    public let expiry: Double

    enum CodingKeys: String, CodingKey {
        case issued = "iat"
        case expiry = "exp"
    }

    /// Nil when the text is no token with these claims.
    public init?(of token: String) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        var text = parts[1].replacing("-", with: "+").replacing("_", with: "/")
        while text.count % 4 != 0 { text += "=" }
        guard let bytes = Data(base64Encoded: String(text)),
            let times = try? JSONDecoder().decode(TokenTimes.self, from: bytes)
        else { return nil }
        self = times
    }
}
