import Postgres
import Testing

@testable import bookshop

/// What bookshop says of a write that its database answered with an error.
@Suite struct ServiceErrorTests {
    /// A sync that fails in the middle of a COMMIT makes the server panic, and it may find the commit in its WAL again.
    @Test(arguments: [
        ("23505", true), ("40001", true), ("40003", false), ("55P03", true), ("53100", false), ("53200", false),
        ("57P01", false), ("58030", false), ("XX000", false), ("08006", false),
    ])
    func aCommitThatWasAnsweredSo(_ state: String, _ isRefusal: Bool) {
        let error = ServiceError(PostgresError(kind: .server(state), sqlState: state, message: "no"))
        #expect(error.isRefusal == isRefusal)
    }

    @Test func whatNeverGotThere() {
        #expect(ServiceError(.badRequest, "no").isRefusal)
        #expect(!ServiceError(PostgresError(kind: .connectionLost, message: "gone")).isRefusal)
    }
}
