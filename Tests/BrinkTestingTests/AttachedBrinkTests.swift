@testable import BrinkTesting
import Foundation
import Testing

/// A session whose brink says nothing, or is gone; a shell stands in for it.
struct AttachedBrinkTests {
    @Test func whatBrinkSaysOfAScenarioIsTheError() async throws {
        let error = await #expect(throws: BrinkFailure.self) {
            _ = try await AttachedBrink.start("/nonexistent/scenario.yaml", program: BuiltBrink.path)
        }
        #expect(error?.description.contains("/nonexistent/scenario.yaml") == true, "\(error?.description ?? "")")
    }

    /// One that ends when it is asked to, and one that must be killed.
    @Test(arguments: ["", "trap '' TERM; "])
    func aBrinkThatNeverAnswersIsEnded(_ before: String) async throws {
        let error = await #expect(throws: BrinkFailure.self) {
            _ = try await AttachedBrink.launch(
                "/bin/sh", ["-c", "\(before)echo pid=$$. >&2; exec sleep 1000"], patience: .seconds(2),
                grace: .milliseconds(200))
        }
        let text = try #require(error).description
        #expect(text.contains("not ready within 2.0 seconds") && text.contains("longer patience"), "\(text)")
        let match = text.firstMatch(of: /pid=([0-9]+)\./)
        let number = try #require(match?.output.1, "\(text)")
        let place = "/proc/\(number)"
        // Gone once Foundation has waited for it.
        let last = ContinuousClock.now.advanced(by: .seconds(20))
        while FileManager.default.fileExists(atPath: place), ContinuousClock.now < last {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(!FileManager.default.fileExists(atPath: place))
    }

    /// Killed between two requests, brink would have the next one raise SIGPIPE in the test process.
    @Test func aBrinkThatIsGoneIsAnErrorOfTheRequest() async throws {
        let ready = #"{"event": "ready", "services": {}, "folder": "/nowhere"}"#
        // Closes its end of the pipe before it says that it is ready.
        let brink = try await AttachedBrink.launch(
            "/bin/sh", ["-c", "exec 0<&-; echo '\(ready)'; exec sleep 5"], patience: .seconds(60))
        for _ in 1...2 {
            let error = await #expect(throws: BrinkFailure.self) { _ = try await brink.writes() }
            #expect(error?.description.contains("brink has ended") == true, "\(error?.description ?? "")")
        }
        await #expect(throws: BrinkFailure.self) { _ = try await brink.close() }
    }
}
