import Foundation

/// What came of asking for a key set.
public struct KeySetLook: Hashable, Sendable {
    /// Longer than any key set has reason to be, in bytes.
    public static let most = 2 << 20

    /// Nil when there was no whole answer.
    public var status: Int?
    /// Why there was none.
    public var failure: String?
    /// Its `Content-Type`.
    public var type = ""
    /// Names of the keys, in their order; nil when the answer is no key set.
    public var keys: [String]?
    /// Length of the body.
    public var bytes = 0
    public var took: Duration

    init(failure: String, took: Duration) {
        self.failure = failure
        self.took = took
    }

    init(status: Int, body: Data, type: String, took: Duration) {
        self.status = status
        self.type = type
        self.took = took
        bytes = body.count
        // What no service should read is not read here either.
        guard body.count <= KeySetLook.most else { return }
        do {
            keys = try JSONDecoder().decode(Document.self, from: body).keys.map { $0.kid ?? "" }
        } catch {
            // That is what was looked for: no key set.
            keys = nil
        }
    }

    private struct Document: Decodable {
        struct Key: Decodable { let kid: String? }

        let keys: [Key]
    }
}
