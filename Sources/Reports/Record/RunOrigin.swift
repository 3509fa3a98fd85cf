/// What is known of a run besides its events: whose scenario it is and who started it.
public struct RunOrigin: Hashable, Sendable {
    public var domain: String?
    public var category: String
    public var tags: [String]
    public var suite: String?
    /// From 1.
    public var attempt: Int
    public var weaknesses: [String]
    public var profile: String?
    public var commit: String?
    public var branch: String?

    public init(
        domain: String?, category: String, tags: [String], suite: String? = nil, attempt: Int = 1,
        weaknesses: [String] = [], profile: String? = nil, commit: String? = nil, branch: String? = nil
    ) {
        self.domain = domain
        self.category = category
        self.tags = tags
        self.suite = suite
        self.attempt = attempt
        self.weaknesses = weaknesses
        self.profile = profile
        self.commit = commit
        self.branch = branch
    }
}
