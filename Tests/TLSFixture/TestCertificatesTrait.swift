import Testing

/// Runs a suite's tests with one set of certificates, in ``TestCertificates/current``, deleted after the last of them.
public struct TestCertificatesTrait: SuiteTrait, TestScoping {
    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await TestCertificates.$current.withValue(try await TestCertificates()) { try await function() }
    }
}

extension Trait where Self == TestCertificatesTrait {
    public static var certificates: TestCertificatesTrait { TestCertificatesTrait() }
}
