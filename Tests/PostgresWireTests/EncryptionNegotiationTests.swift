import Testing

@testable import PostgresWire

@Suite struct EncryptionNegotiationTests {
    @Test(arguments: [
        (EncryptionNegotiation.sslRequest, EncryptionNegotiation.Opening.sslRequest),
        ([0, 0, 0, 8, 4, 210, 22, 48], .gssencRequest), ([0, 0, 0, 16, 4, 210, 22, 46], .cancelRequest),
        ([0, 0, 0, 90, 0, 3, 0, 0], .unencrypted), (Array("GET / HTTP".utf8), .unencrypted), ([22], .tls),
        ([22, 3, 1, 0, 9, 1, 0, 0], .tls),
    ])
    func whatAClientBeginsWithIsTold(_ bytes: [UInt8], _ opening: EncryptionNegotiation.Opening) {
        #expect(EncryptionNegotiation.opening(bytes[...]) == opening)
    }

    @Test(arguments: 0..<8) func lessThanARequestSaysNothing(_ count: Int) {
        #expect(EncryptionNegotiation.opening(EncryptionNegotiation.sslRequest.prefix(count)) == nil)
    }
}
