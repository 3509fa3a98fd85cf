/// Every type of toxic there is.
public enum ToxicCatalogue {
    public static let kinds: [any ToxicKind.Type] = [
        NoopToxic.self, LatencyToxic.self, BandwidthToxic.self, SlowCloseToxic.self, TimeoutToxic.self,
        ResetPeerToxic.self, SlicerToxic.self, LimitDataToxic.self, PacketLossToxic.self, CorruptToxic.self,
        DuplicateToxic.self, DropToxic.self, StallToxic.self, HalfOpenToxic.self, PostgresToxic.self,
    ]

    /// The words that an attribute takes; empty for one that takes others.
    public static func choices(_ attribute: String, of type: String) -> [String] {
        let found = kind(type)?.attributes.first { $0.name == attribute }
        return if case .choice(let words)? = found?.form { words } else { [] }
    }

    public static func kind(_ type: String) -> (any ToxicKind.Type)? { kinds.first { $0.type == type } }
}
