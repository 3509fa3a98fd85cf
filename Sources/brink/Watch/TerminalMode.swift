import Foundation
import Glibc
import Harness

/// A terminal that gives single keys and is drawn as a whole; as it was before, afterwards.
final class TerminalMode {
    private var before = termios()
    private var isChanged = false

    /// - Throws: when it is no terminal.
    init() throws {
        guard tcgetattr(STDIN_FILENO, &before) == 0 else {
            throw Console.fail("standard input is no terminal: \(String(cString: strerror(errno)))", .usage)
        }
        var raw = before
        // Keys at once and unseen; Ctrl-C is a key too, so that the terminal is put back first (termios(3)).
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        withUnsafeMutableBytes(of: &raw.c_cc) { bytes in
            bytes[Int(VMIN)] = 0
            bytes[Int(VTIME)] = 0
        }
        tcsetattr(STDIN_FILENO, TCSANOW, &raw)
        isChanged = true
        // The other screen, without a cursor (xterm's control sequences).
        write("\u{1B}[?1049h\u{1B}[?25l")
    }

    deinit { restore() }

    func restore() {
        guard isChanged else { return }
        isChanged = false
        write("\u{1B}[?25h\u{1B}[?1049l")
        tcsetattr(STDIN_FILENO, TCSANOW, &before)
    }

    /// Columns and rows.
    var size: (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// The keys that were pressed since the last call.
    func keys() -> [Character] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(STDIN_FILENO, &bytes, bytes.count)
        return count > 0 ? bytes.prefix(count).map { Character(Unicode.Scalar($0)) } : []
    }

    func show(_ lines: [String]) {
        // Each line is cleared to its end after it is written, so that nothing flickers.
        write("\u{1B}[H" + lines.map { "\($0)\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    private func write(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
