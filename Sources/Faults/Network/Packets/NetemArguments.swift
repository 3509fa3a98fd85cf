import Scenarios

/// How tc(8) is told amounts.
enum NetemArguments {
    /// Packets a queue may hold; netem's own 1,000 would be a second fault on a fast link.
    static let limit = ["limit", "100000"]

    static func share(_ fraction: Double) -> String { "\(fraction * 100)%" }

    /// Whole microseconds.
    static func time(_ duration: Duration) -> String { "\(Int64(duration / .microseconds(1)))us" }
}

extension ParameterSchema {
    static let packetRate = ParameterSchema(
        "rate", .fraction(0...1), required: true, "Share of packets that meet it, each by chance.")

    static let packetCorrelation = ParameterSchema(
        "correlation", .fraction(0...1), default: "0%", "How much each chance depends on the one before.")
}

extension Parameters {
    /// The value and correlation of a netem keyword.
    func chance(_ keyword: String) -> [String] {
        [
            keyword, NetemArguments.share(fraction("rate") ?? 0),
            NetemArguments.share(fraction("correlation") ?? 0),
        ]
    }
}
