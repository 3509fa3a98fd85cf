import ArgumentParser
import Foundation
import History

/// What is known of the code under test.
struct CodeOptions: ParsableArguments {
    @Option(
        name: .customLong("commit"),
        help: ArgumentHelp(
            "The commit under test, for the history; that of the working directory's git when left out.",
            valueName: "id"))
    var id: String?

    /// Given by `brink suite run` to those that it starts.
    @Option(name: .customLong("branch"), help: .hidden) var name: String?

    func validate() throws {
        if let id, id.isEmpty || id.utf8.count > 100 || id.contains(where: { $0.isWhitespace || !$0.isASCII }) {
            throw ValidationError("--commit must be an id of at most 100 ASCII characters without spaces")
        }
    }

    /// Both nil where nothing is known.
    var commit: (id: String?, branch: String?) {
        if let id { return (id, name) }
        let copy = WorkingCopy(around: FileManager.default.currentDirectoryPath)
        return (copy?.commit, copy?.branch)
    }
}
