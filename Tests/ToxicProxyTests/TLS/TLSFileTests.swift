import Foundation
import TLSFixture
import Testing
import ToxicProxy

/// Files that TLS cannot use: the proxy says which and why, and nothing of what is in them.
@Suite(.certificates, .timeLimit(.minutes(1))) struct TLSFileTests {
    private let certificates: TestCertificates

    init() throws {
        certificates = try #require(TestCertificates.current)
    }

    private func failure(
        _ terminate: TLSServerSettings? = nil, originate: TLSClientSettings? = nil, upstream: String = "127.0.0.1:1"
    ) async -> String {
        let settings = TCPProxy.Settings(terminate: terminate, originate: originate)
        let proxy = TCPProxy(listen: "127.0.0.1:0", upstream: upstream, seed: 1, settings: settings)
        do throws(ProxyFailure) {
            try await proxy.start()
            await proxy.stop()
            return ""
        } catch {
            #expect(await !proxy.isListening)
            return error.description
        }
    }

    @Test func aFileThatCannotBeReadIsNamed() async throws {
        let (certificate, key) = (certificates.server.certificate, certificates.server.key)
        let missing = certificates.path("none.pem")
        let cases = [
            (TLSServerSettings(certificate: missing, key: key), missing, "No such file or directory"),
            (TLSServerSettings(certificate: certificate, key: missing), missing, "No such file or directory"),
            (TLSServerSettings(certificate: certificate, key: key, clientCA: missing), missing, "No such file"),
            (TLSServerSettings(certificate: "/dev", key: key), "/dev", "it is no regular file"),
            (TLSServerSettings(certificate: "", key: key), "\"\"", "the path is empty"),
        ]
        for (settings, path, words) in cases {
            let failure = await failure(settings)
            #expect(failure.hasPrefix("tls.terminate: cannot read ") && failure.contains(path), "\(failure)")
            #expect(failure.contains(words), "\(failure)")
        }
        let failure = await failure(originate: TLSClientSettings(ca: missing))
        #expect(failure.hasPrefix("tls.originate: cannot read \"\(missing)\""), "\(failure)")
    }

    @Test func aFileWithSomethingElseInItIsNamedButNotShown() async throws {
        let (certificate, key) = (certificates.server.certificate, certificates.server.key)
        let words = try certificates.write(
            "-----BEGIN CERTIFICATE-----\nsesame\n-----END CERTIFICATE-----\n", to: "words")
        let locked = certificates.path("locked.key")
        try await certificates.openssl(["pkcs8", "-topk8", "-in", key, "-out", locked, "-passout", "pass:sesame"])
        let cases = [
            (TLSServerSettings(certificate: words, key: key), words, "a certificate in PEM"),
            (TLSServerSettings(certificate: key, key: key), key, "a certificate in PEM"),
            (TLSServerSettings(certificate: certificate, key: words), words, "the private key of \(certificate)"),
            (
                TLSServerSettings(certificate: certificate, key: certificates.client.key), certificates.client.key,
                "key values mismatch"
            ),
            (TLSServerSettings(certificate: certificate, key: locked), locked, "without a passphrase"),
            (TLSServerSettings(certificate: certificate, key: key, clientCA: words), words, "certificates of CAs"),
        ]
        for (settings, path, words) in cases {
            let failure = await failure(settings)
            #expect(failure.hasPrefix("tls.terminate: cannot use \"\(path)\": OpenSSL says "), "\(failure)")
            #expect(failure.contains(words) && !failure.contains("sesame"), "\(failure)")
        }
    }

    @Test func whatDoesNotGoTogetherIsRefused() async throws {
        var settings = TLSClientSettings(ca: certificates.ca, certificate: certificates.client.certificate)
        #expect(await failure(originate: settings).contains("give both or none"))
        settings = TLSClientSettings(ca: certificates.ca, serverName: "two words")
        #expect(await failure(originate: settings).contains("server_name is no name of a host"))
        settings = TLSClientSettings(ca: certificates.ca)
        #expect(await failure(originate: settings, upstream: "unix:/tmp/none").contains("set server_name"))
        // Nothing to verify, nothing to name.
        settings.verifies = false
        #expect(await failure(originate: settings, upstream: "unix:/tmp/none") == "")
    }
}
