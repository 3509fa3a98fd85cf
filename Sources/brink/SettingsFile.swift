import ArgumentParser
import Foundation
import LinuxSystem
import Spelling
import Yams

/// What `brink.yaml` files say. A key that the nearest does not give is looked for in the next one up, and in the end in
/// /etc/brink.
struct SettingsFile {
    static let keys = ["stateDir", "cgroupRoot", "out", "history"]
    private static let last = "/etc/brink/brink.yaml"

    private(set) var values: [String: String] = [:]

    /// Reads those from a folder upward.
    /// - Throws: with exit 64 and every mistake on standard error.
    init(from folder: String) throws {
        var folder = folder
        var paths: [String] = []
        while folder.hasPrefix("/"), folder != "/" {
            paths.append("\(folder)/brink.yaml")
            folder = SystemFile.parent(of: folder)
        }
        var mistakes: [String] = []
        for path in paths + [SettingsFile.last] where SystemFile.exists(path) {
            // The nearest one's value counts.
            values.merge(SettingsFile.read(path, &mistakes)) { nearest, _ in nearest }
        }
        guard mistakes.isEmpty else {
            for mistake in mistakes { Console.progress(mistake) }
            throw Console.end(.usage)
        }
    }

    private static func read(_ path: String, _ mistakes: inout [String]) -> [String: String] {
        let text: String
        do throws(SystemError) {
            text = try SystemFile.readText(path)
        } catch {
            mistakes.append("\(path): \(error)")
            return [:]
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            mistakes.append("\(path): not YAML: \(error)")
            return [:]
        }
        // Empty, or nothing but remarks.
        guard let root else { return [:] }
        guard case .mapping(let mapping) = root else {
            mistakes.append("\(place(of: root, path)): must be a mapping of \(keys.joined(separator: ", "))")
            return [:]
        }
        var values: [String: String] = [:]
        for (key, value) in mapping {
            guard let name = key.string, keys.contains(name) else {
                let hint = Spelling.suggestion(for: key.string ?? "", among: keys)
                mistakes.append("\(place(of: key, path)): unknown key \"\(key.string ?? "")\"\(hint)")
                continue
            }
            guard let text = value.string, !text.isEmpty else {
                mistakes.append("\(place(of: value, path)): \(name) must be a folder")
                continue
            }
            values[name] = text
        }
        return values
    }

    private static func place(of node: Node, _ path: String) -> String {
        "\(path):\(node.mark?.line ?? 1):\(node.mark?.column ?? 1)"
    }
}
