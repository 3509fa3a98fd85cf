import Foundation

/// The program that SwiftPM puts beside the test bundle.
enum BuiltBrink {
    static var path: String {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: bundle).deletingLastPathComponent().appending(path: "brink").path
    }
}
