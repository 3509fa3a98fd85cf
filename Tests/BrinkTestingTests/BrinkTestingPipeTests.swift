@testable import BrinkTesting
import Foundation
import Glibc
import Testing

/// The pipes to a brink: a reader that is gone, and lines that do not come.
struct BrinkTestingPipeTests {
    @Test func aReaderThatIsGoneIsAnErrorOfTheWrite() throws {
        let pipe = Pipe()
        let requests = RequestPipe(pipe.fileHandleForWriting)
        try requests.write(Data("first\n".utf8))
        #expect(pipe.fileHandleForReading.availableData == Data("first\n".utf8))
        try pipe.fileHandleForReading.close()
        let wasBlocked = blocksSignal()
        let error = #expect(throws: BrinkFailure.self) {
            // A program that another test starts may hold the reader's end for a moment.
            for _ in 1...100 {
                try requests.write(Data("second\n".utf8))
                Thread.sleep(forTimeInterval: 0.05)
            }
        }
        #expect(error?.description == "brink has ended")
        // As it was; and a signal that was left would have ended the process by now.
        #expect(blocksSignal() == wasBlocked)
    }

    private func blocksSignal() -> Bool {
        var mask = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &mask)
        return sigismember(&mask, SIGPIPE) == 1
    }

    @Test func aLineThatDoesNotComeIsLate() throws {
        let pipe = Pipe()
        let lines = LineReader(pipe.fileHandleForReading)
        try pipe.fileHandleForWriting.write(contentsOf: Data("one\ntw".utf8))
        #expect(try lines.next(by: ContinuousClock.now.advanced(by: .seconds(30))) == Data("one".utf8))
        #expect(throws: LineReader.Late.self) {
            _ = try lines.next(by: ContinuousClock.now.advanced(by: .milliseconds(50)))
        }
        // What came too late is still read.
        try pipe.fileHandleForWriting.write(contentsOf: Data("o\n".utf8))
        #expect(try lines.next() == Data("two".utf8))
        try pipe.fileHandleForWriting.close()
        #expect(try lines.next(by: ContinuousClock.now.advanced(by: .seconds(30))) == nil)
    }
}
