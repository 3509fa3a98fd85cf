import Foundation
import Testing

@testable import Workload

/// What an answer means, for the request and for the row it may have written.
@Suite struct AnswerTests {
    private let write = GraphQLQuestion(.order(key: "r-1", book: 7, quantity: 2))
    private let read = GraphQLQuestion(.book(id: 7))

    private func judge(_ text: String, status: Int = 200, _ question: GraphQLQuestion) -> (RequestOutcome, WriteOutcome)
    {
        AnswerClassifier.judge(status: status, body: Data(text.utf8), question)
    }

    @Test func aRightAnswer() {
        #expect(judge(#"{"data":{"placeOrder":{"key":"r-1","quantity":2}}}"#, write) == (.success, .acked))
        #expect(judge(#"{"data":{"book":{"id":"7"}}}"#, read).0 == .success)
        #expect(judge(#"{"data":{"book":{"id":7}}}"#, read).0 == .success)
        #expect(judge(#"{"data":{"books":[]}}"#, GraphQLQuestion(.page(first: 1, offset: 0))).0 == .success)
    }

    @Test(arguments: [
        #"{"data":{"placeOrder":{"key":"r-2"}}}"#, #"{"data":{"placeOrder":null}}"#, #"{"data":null}"#, "{}", "[]", "",
        #"{"data":{"book":{"id":"7"}}}"#,
    ])
    func anAnswerToAnotherQuestion(_ text: String) {
        let (outcome, row) = judge(text, write)
        #expect(outcome.errorClass == .wrongAnswer)
        #expect(row == .unknown)
    }

    @Test(arguments: [
        ("POOL_TIMEOUT", "", RequestOutcome.ErrorClass.poolTimeout, WriteOutcome.failed),
        ("POOL_QUEUE_FULL", "", .poolQueueFull, .failed),
        ("DATABASE_UNAVAILABLE", "", .unavailable, .unknown),
        ("DATABASE_UNAVAILABLE", #","outcome":"failed""#, .unavailable, .failed),
        ("DATABASE_ERROR", #","sqlstate":"23505""#, .sql, .failed),
        ("DATABASE_ERROR", #","sqlstate":"57P01""#, .sql, .unknown),
        ("DATABASE_ERROR", #","sqlstate":"53100""#, .sql, .unknown),
        ("DATABASE_ERROR", #","sqlstate":"53300""#, .sql, .failed),
        ("DATABASE_ERROR", #","sqlstate":"23505","outcome":"unknown""#, .sql, .unknown),
        ("DATABASE_ERROR", #","outcome":"acked""#, .sql, .unknown), ("TOO_MANY_OPEN_FILES", "", .descriptors, .unknown),
        ("SOMETHING", "", .graphql, .unknown),
    ])
    func errorsInA200(
        _ code: String, _ more: String, _ errorClass: RequestOutcome.ErrorClass, _ row: WriteOutcome
    ) {
        let text = #"{"data":null,"errors":[{"message":"m","extensions":{"code":"\#(code)"\#(more)}}]}"#
        let judged = judge(text, write)
        #expect(judged.0.errorClass == errorClass)
        // Where the service claims what it cannot know, nobody knows.
        #expect(judged.1 == row)
    }

    @Test(arguments: [
        ("57P01", "sql.57P01"), ("57p01", "sql"), ("57P0", "sql"), ("57P01 and more", "sql"), ("", "sql"),
    ])
    func theNameOfAnErrorHasItsSQLState(_ state: String, _ name: String) {
        let text = #"{"errors":[{"message":"m","extensions":{"code":"DATABASE_ERROR","sqlstate":"\#(state)"}}]}"#
        #expect(judge(text, write).0.errorName == name)
        #expect(judge(#"{"data":{"book":{"id":"7"}}}"#, read).0.errorName == nil)
    }

    @Test func statusCodes() {
        #expect(judge("", status: 401, write).0.errorClass == .unauthenticated)
        #expect(judge("", status: 401, write).1 == .failed)
        #expect(judge("", status: 503, write).0.errorClass == .http)
        #expect(judge("", status: 503, write).1 == .unknown)
    }

    /// Answers that are well formed and cannot be true.
    @Test(arguments: [
        (#"{"id":"7","title":"Book 7","price":759,"sold":3,"author":{"id":"7","name":"Author 7"}}"#, nil),
        (#"{"id":"7","title":"Book 7","price":759,"sold":9}"#, nil),
        (#"{"id":"7","title":"Book 8","price":759,"sold":3}"#, RequestOutcome.ErrorClass.wrongAnswer),
        (#"{"id":"7","title":"Book 7","price":758,"sold":3}"#, .wrongAnswer),
        (#"{"id":"7","title":"Book 7","price":759,"sold":3,"author":{"id":"8","name":"Author 8"}}"#, .wrongAnswer),
        (#"{"id":"7","title":"Book 7","price":759,"sold":3,"author":{"id":"7","name":"Author 8"}}"#, .wrongAnswer),
        (#"{"id":"7","title":"Book 7","price":759,"sold":2}"#, .stale),
    ])
    func whatIsKnownOfTheShop(_ book: String, _ expected: RequestOutcome.ErrorClass?) {
        let knowledge = ShopKnowledge()
        knowledge.acknowledged(book: 7, quantity: 1)
        knowledge.acknowledged(book: 7, quantity: 2)
        let question = GraphQLQuestion(.book(id: 7), knowing: knowledge.snapshot)
        // What is acknowledged after the question was made may be missing in its answer.
        knowledge.acknowledged(book: 7, quantity: 100)
        #expect(judge(#"{"data":{"book":\#(book)}}"#, question).0.errorClass == expected)
        // Of a service with other data nothing is known.
        #expect(judge(#"{"data":{"book":\#(book)}}"#, read).0 == .success)
    }

    @Test func whatIsKnownOfLists() {
        let knowledge = ShopKnowledge()
        knowledge.acknowledged(book: 2, quantity: 5)
        let page = GraphQLQuestion(.page(first: 2, offset: 0), knowing: knowledge.snapshot)
        let books = #"[{"id":"1","title":"Book 1","price":537},{"id":"2","title":"Book 2","price":\#(574)}]"#
        #expect(judge(#"{"data":{"books":\#(books)}}"#, page).0 == .success)
        let wrong = books.replacingOccurrences(of: "574", with: "575")
        #expect(judge(#"{"data":{"books":\#(wrong)}}"#, page).0.errorClass == .wrongAnswer)
        let best = GraphQLQuestion(.bestsellers, knowing: knowledge.snapshot)
        let first = #"{"sold":5,"book":{"id":"2","title":"Book 2"}}"#
        #expect(judge(#"{"data":{"bestsellers":[\#(first)]}}"#, best).0 == .success)
        let stale = first.replacingOccurrences(of: "5,", with: "4,")
        #expect(judge(#"{"data":{"bestsellers":[\#(stale)]}}"#, best).0.errorClass == .stale)
    }
}
