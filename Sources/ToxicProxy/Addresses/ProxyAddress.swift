import CLinux
import Glibc

/// Where a proxy listens or what it dials: `HOST:PORT`, `:PORT` for all interfaces, `[IPv6]:PORT` or `unix:PATH`.
public struct ProxyAddress: Hashable, Sendable, CustomStringConvertible {
    enum Kind: Hashable, Sendable {
        case inet(host: String, port: UInt16)
        case unix(path: String)
    }

    let kind: Kind

    /// - Throws: when the text is none of the forms, or the path is longer than 107 bytes (unix(7)).
    public init(_ text: String) throws(ProxyFailure) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty, path.utf8.count <= 107 else {
                throw ProxyFailure("\"\(text)\": a unix socket's path has 1 to 107 bytes")
            }
            kind = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw ProxyFailure("\"\(text)\" is no address: write HOST:PORT, [IPv6]:PORT or unix:PATH")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw ProxyFailure("\"\(text)\" is no address: put an IPv6 address in brackets, as in [::1]:8080")
        }
        kind = .inet(host: String(host), port: port)
    }

    public var description: String {
        switch kind {
        case .inet(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// The form the kernel takes, when no name has to be looked up for it.
    var numeric: cl_address? {
        var address = cl_address()
        switch kind {
        case .unix(let path): return cl_address_unix(&address, path) == 0 ? address : nil
        // All interfaces; an IPv6 socket takes IPv4 clients too (ipv6(7)).
        case .inet("", let port): return cl_address_inet(&address, "::", port) == 0 ? address : nil
        case .inet(let host, let port): return cl_address_inet(&address, host, port) == 0 ? address : nil
        }
    }

    /// Looks the name up; blocks for as long as the resolver takes.
    func resolve() throws(ProxyFailure) -> cl_address {
        if let numeric { return numeric }
        guard case .inet(let host, let port) = kind else { throw ProxyFailure("\(self) is no address") }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let error = getaddrinfo(host, nil, &hints, &list)
        guard error == 0, let list else {
            throw ProxyFailure("no address for \"\(host)\": \(String(cString: gai_strerror(error)))")
        }
        defer { freeaddrinfo(list) }
        var text = [CChar](repeating: 0, count: 64)
        guard getnameinfo(list.pointee.ai_addr, list.pointee.ai_addrlen, &text, 64, nil, 0, NI_NUMERICHOST) == 0
        else { throw ProxyFailure("no address for \"\(host)\"") }
        var address = cl_address()
        let numericHost = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard cl_address_inet(&address, numericHost, port) == 0 else {
            throw ProxyFailure("\"\(host)\" has the address \(numericHost), which is neither IPv4 nor IPv6")
        }
        return address
    }
}
