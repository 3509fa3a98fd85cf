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
        ("DATABASE_UNAVAILABLE", "", .unavailable, .unknown),
        ("DATABASE_UNAVAILABLE", #","outcome":"failed""#, .unavailable, .failed),
        ("DATABASE_ERROR", #","sqlstate":"23505""#, .sql, .failed),
        ("DATABASE_ERROR", #","sqlstate":"57P01""#, .sql, .unknown),
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
}
