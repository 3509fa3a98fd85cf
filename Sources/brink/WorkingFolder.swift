import Foundation

/// The folder that the command was given in.
enum WorkingFolder {
    /// The same file for whoever starts in another folder.
    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }
}
