import Foundation

/// Names of runs: sortable by time, unique on a host.
enum RunIdentifier {
    static func make() -> String {
        let now = Date.now.formatted(.iso8601.timeSeparator(.omitted).dateSeparator(.omitted))
        let suffix = String(UInt32.random(in: .min ... .max), radix: 36)
        return "\(now.replacing("Z", with: "").replacing("T", with: "-"))-\(suffix)"
    }
}
