/// Describes a service of one's own, so that scenarios which were written for the reference service run against it.
public struct TargetProfile: Hashable, Sendable {
    /// How the service is started, and where it answers.
    public struct Program: Hashable, Sendable {
        /// Placeholders that its arguments and its environment may have.
        static let placeholders =
            [
                "port", "folder", "database", "databaseURL", "database.host", "database.port", "database.user",
                "database.name", "poolSize",
            ] + ["checkoutTimeout", "statementTimeout", "cacheTTL"].flatMap { [$0, "\($0).ms"] }

        public var path: PlaceholderText
        public var arguments: [PlaceholderText]
        public var environment: [String: PlaceholderText]
        /// SQL that is run once, before it starts, as the owner of its database.
        public var schema: String?
        /// Path of a URL that answers 2xx once it is ready.
        public var ready: String
        /// How long it may take to be ready.
        public var startTimeout: Duration
        /// Where the profile lies.
        public var folder: String
    }

    /// One kind of request of the load.
    public struct Request: Hashable, Sendable {
        /// Placeholders of a write; besides, each request may draw whole numbers.
        static let placeholders = ["key"]

        public enum Content: Hashable, Sendable {
            /// A GraphQL document and its variables, sent to the endpoint.
            case graphQL(query: String, variables: ValueTemplate)
            /// Any other request: `GET` or `POST`, a path and perhaps a JSON body.
            case plain(method: String, path: PlaceholderText, body: ValueTemplate?)
        }

        public var name: String
        /// Its share among the reads, or among the writes.
        public var weight: Double
        public var content: Content
        /// Whether it stores its key, so that the ledger accounts for it.
        public var isWrite: Bool
        /// Keys and indexes that lead to a value which a right answer has, and which is not null.
        public var answer: [String]
        /// What that value must be, as text; nil when it only has to be there.
        public var equals: PlaceholderText?

        /// The placeholders of all its texts, in an order that is always the same.
        public var drawnParts: [PlaceholderText.Part] {
            let own: [PlaceholderText.Part] =
                switch content {
                case .graphQL(_, let variables): variables.placeholders
                case .plain(_, let path, let body): path.parts + (body?.placeholders ?? [])
                }
            return own + (equals?.parts ?? [])
        }
    }

    /// What to send, and how to judge what comes back.
    public struct Requests: Hashable, Sendable {
        /// Path of the GraphQL endpoint.
        public var endpoint: String
        public var headers: [String: String]
        public var kinds: [Request]
        /// SQL that returns the keys which are stored and begin with $1; nil without writes.
        public var stored: String?
        /// Classes of errors, by a text that the message has.
        public var errors: [String: String]
        /// Of a scenario's rate, which share is sent.
        public var rate: Double
        /// In place of a scenario's own.
        public var timeout: Duration?

        public var hasWrites: Bool { kinds.contains(where: \.isWrite) }
    }

    public var name: String
    public var program: Program
    public var requests: Requests
    /// What stands for a name of the reference service: `bookshop.books` and its like for tables, `bookshop` for the
    /// `application_name`.
    public var names: [String: String]
}
