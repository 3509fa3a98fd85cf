/// A parsed `http` URL.
public struct HTTPLocation: Hashable, Sendable {
    public let host: String
    public let port: Int
    /// Path and query, at least "/".
    public let target: String

    /// - Throws: `HTTPFailure.badURL`, with what to write instead.
    public init(_ url: String) throws(HTTPFailure) {
        guard url.lowercased().hasPrefix("http://") else {
            let advice =
                url.lowercased().hasPrefix("https://")
                ? "TLS is not spoken: name the service itself, behind whatever ends its TLS"
                : "it must begin with http://"
            throw .badURL("\(url): \(advice)")
        }
        let rest = url.dropFirst(7)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        var target = String(rest.dropFirst(authority.count).prefix { $0 != "#" })
        if !target.hasPrefix("/") { target = "/" + target }
        guard !authority.contains("@") else { throw .badURL("a password in a URL is not accepted") }
        var host = authority
        var port = 80
        // The colon of a port follows the brackets of an IPv6 address.
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            guard let number = Int(authority[authority.index(after: colon)...]), (1...65535).contains(number) else {
                throw .badURL("\(url): the port must be a number from 1 to 65535")
            }
            host = authority[..<colon]
            port = number
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { throw .badURL("\(url): there is no host in it") }
        guard target.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
            throw .badURL("\(url): blanks and control characters must be escaped")
        }
        self.host = String(host)
        self.port = port
        self.target = target
    }

    /// As the Host header has it (RFC 9110, 7.2).
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == 80 ? name : "\(name):\(port)"
    }
}
