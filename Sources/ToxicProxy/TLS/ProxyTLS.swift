import CLinux

/// What a proxy needs to end or begin TLS on its connections.
struct ProxyTLS: Sendable {
    let terminating: TLSContext?
    let originating: TLSContext?
    /// What the server's certificate must be for.
    let serverName: String?
    let verifies: Bool
    private let followsPostgres: Bool

    /// Reads the files. Nil when there is no TLS on either side.
    /// - Throws: when a file cannot be used, or nothing says what the server's certificate must be for.
    init?(_ settings: TCPProxy.Settings, upstream: String) throws(ProxyFailure) {
        guard settings.terminate != nil || settings.originate != nil else { return nil }
        followsPostgres = settings.followsPostgres
        if let terminate = settings.terminate {
            do {
                terminating = try TLSContext.terminating(terminate, speaksPostgres: followsPostgres)
            } catch {
                throw ProxyFailure("tls.terminate: \(error)")
            }
        } else {
            terminating = nil
        }
        verifies = settings.originate?.verifies ?? true
        guard let originate = settings.originate else {
            originating = nil
            serverName = nil
            return
        }
        do {
            originating = try TLSContext.originating(originate, speaksPostgres: followsPostgres)
            serverName = try ProxyTLS.serverName(originate, try ProxyAddress(upstream))
        } catch {
            throw ProxyFailure("tls.originate: \(error)")
        }
    }

    private static func serverName(
        _ settings: TLSClientSettings, _ upstream: ProxyAddress
    ) throws(ProxyFailure) -> String? {
        if let name = settings.serverName {
            // 255 bytes are the longest name (RFC 1035, 2.3.4).
            guard (1...255).contains(name.utf8.count), !name.utf8.contains(where: { $0 <= 32 || $0 == 127 }) else {
                throw ProxyFailure(
                    "server_name is no name of a host; write a name such as db.example.org, or an IP address")
            }
            return name
        }
        if case .inet(let host, _) = upstream.kind, !host.isEmpty { return host }
        guard !settings.verifies else {
            throw ProxyFailure("\(upstream) has no name that a certificate could be for; set server_name")
        }
        return nil
    }

    /// What is to be done on a connection's sockets before its streams begin.
    func opening(of client: ConnectionSide, from peer: cl_address, to server: ConnectionSide, _ core: ProxyCore)
        -> ConnectionOpening
    {
        var opening = ConnectionOpening()
        if let terminating {
            opening.client = TerminatingHandshake(
                on: client, terminating, with: "the client \(ProxyAddress.text(peer))", followsPostgres, core.counters)
        }
        if let originating {
            opening.server = OriginatingHandshake(
                on: server, originating, .originating(name: serverName, verifies: verifies),
                with: "the server \(core.upstream)", followsPostgres, core.counters)
        }
        return opening
    }
}

extension ProxyAddress {
    /// An address of the kernel's, for people.
    static func text(_ address: cl_address) -> String {
        var address = address
        var text = [CChar](repeating: 0, count: 128)
        guard cl_address_text(&address, &text, text.count) >= 0 else { return "at an unknown address" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
