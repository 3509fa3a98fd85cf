import LinuxSystem
import Testing

@testable import Containers

@Suite struct RuntimeToolTests {
    private func failure(_ tool: RuntimeTool, _ arguments: [String]) -> String {
        do throws(ContainerError) {
            return "answered \(try tool.output(arguments).trimmedText.prefix(40))"
        } catch {
            return error.description
        }
    }

    @Test func argumentsAreNoShellWords() throws {
        let output = try RuntimeTool(path: "/bin/echo").output(["$HOME", "a b", "`id`"])
        #expect(output.trimmedText == "$HOME a b `id`")
    }

    @Test func aFailureCarriesWhatTheToolSaid() {
        let message = failure(RuntimeTool(path: "/bin/sh"), ["-c", "echo no such daemon >&2; exit 7"])
        #expect(message.hasSuffix("ended with status 7: no such daemon"))
        #expect(failure(RuntimeTool(path: "/bin/sh"), ["-c", "kill -9 $$"]).contains("ended with status 137"))
        #expect(failure(RuntimeTool(path: "/nowhere/docker"), ["ps"]).contains("No such file or directory"))
    }

    @Test func aToolThatHangsIsEndedWithAllItStarted() throws {
        var tool = RuntimeTool(path: "/bin/sh")
        tool.timeLimit = .milliseconds(300)
        let start = MonotonicClock.now()
        // A session of its own, so no pid of another test is in its way.
        let message = failure(tool, ["-c", "echo connecting >&2; sleep 4321.25 & wait"])
        #expect(message.contains("did not end within 0.3 seconds: connecting"))
        #expect(MonotonicClock.now() - start < .seconds(5))
        let table = ProcessTable()
        let left = try table.pids().filter { (try? table.arguments(of: $0)) == ["sleep", "4321.25"] }
        #expect(left == [])
    }

    @Test func outputIsBounded() {
        var tool = RuntimeTool(path: "/usr/bin/yes")
        tool.outputLimit = 100_000
        #expect(failure(tool, []).contains("said more than 100000 bytes"))
    }

    /// More than a pipe holds, to both streams at once.
    @Test func largeAnswersAreReadWhole() throws {
        let output = try RuntimeTool(path: "/bin/sh").output([
            "-c", "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero",
        ])
        #expect(output.count == 300_000)
    }

    /// A monitor that a runtime leaves behind keeps the pipe open.
    @Test func whoStaysBehindIsNotWaitedFor() throws {
        let start = MonotonicClock.now()
        let output = try RuntimeTool(path: "/bin/sh").output(["-c", "sleep 5 & echo done"])
        #expect(output.trimmedText == "done")
        #expect(MonotonicClock.now() - start < .seconds(4))
    }

    @Test func whatIsNoJSONIsShown() {
        do throws(ContainerError) {
            _ = try RuntimeTool(path: "/bin/echo").answer([String].self, ["hello"])
            Issue.record("hello is no JSON")
        } catch {
            #expect(error.description.contains("not the JSON expected") && error.description.hasSuffix("hello"))
        }
    }
}
