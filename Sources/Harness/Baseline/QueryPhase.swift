import LinuxSystem

/// A kind of query, cold and warm. Cold is over a new connection and with nothing in the cache; warm is the same question
/// again over a connection that is kept.
struct QueryPhase: BaselinePhase {
    /// What is asked.
    enum Kind: String, Sendable, CaseIterable {
        case simple
        case nested
        case aggregate
    }

    let kind: Kind
    let subject: BaselineSubject
    let token: String?
    let share = 0.09

    private static let coldQuestions = 10
    private static let fewestWarm = 10

    func measure(in run: BaselineRun, into findings: inout RunFindings) async throws {
        let warm = ShopClient(subject.endpoint, token: token)
        defer { warm.close() }
        if subject.cache == nil {
            findings.lacks("query.\(kind.rawValue).cold", because: "the service's cache cannot be emptied")
        } else {
            for number in 0..<Self.coldQuestions {
                let client = ShopClient(subject.endpoint, token: token)
                defer { client.close() }
                findings.add(try await client.ask(document(number)), to: "query.\(kind.rawValue).cold")
            }
        }
        // The first one makes the connection.
        _ = try await warm.ask(document(0))
        var count = 0
        while MonotonicClock.now() < run.end || count < Self.fewestWarm {
            findings.add(try await warm.ask(document(0)), to: "query.\(kind.rawValue).warm")
            count += 1
        }
    }

    /// The same number gives the same question.
    private func document(_ number: Int) -> String {
        switch kind {
        case .simple: "{ book(id: \(101 + number)) { id title price } }"
        case .nested: "{ author(id: \(11 + number)) { id name books { id title reviews(first: 3) { rating body } } } }"
        case .aggregate: "{ bestsellers(limit: \(10 + number)) { sold book { id title } } }"
        }
    }
}
